CREATE TABLE `books_before` (
	`projection` text NOT NULL,
	`key` text NOT NULL,
	`sums` text NOT NULL,
	PRIMARY KEY(`projection`, `key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `audits` (
	`id` integer PRIMARY KEY NOT NULL,
	`claimed_at` integer NOT NULL,
	`took_ms` integer NOT NULL,
	`figures` text
);
--> statement-breakpoint
ALTER TABLE `archive_files` ADD `journal_start` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `archive_files` ADD `journal_length` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `book_marks` ADD `kept_from` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE INDEX `usage_days_day` ON `usage_days` (`day`);
--> statement-breakpoint
-- What the projections hold of parts whose flushes have left already, or that came alone before lists said what they moved.
INSERT INTO `books_before`
SELECT 'balances', json_array(`book`), json_array(sum(`amount`)) FROM (
  SELECT `book`, `amount` FROM `balances`
  UNION ALL SELECT `book`, -`amount` FROM `postings`
  UNION ALL SELECT p.key, -p.value FROM `flushes` AS f, json_each(f.`postings`) AS p WHERE f.`seq` <= (SELECT `summed` FROM `book_marks`)
  UNION ALL SELECT d.value->>1, -(d.value->>2) FROM `flushes` AS f, json_each(f.`alone`, '$.days') AS d WHERE f.`alone` IS NOT NULL)
GROUP BY `book` HAVING sum(`amount`) <> 0;
--> statement-breakpoint
INSERT INTO `books_before`
SELECT 'home_fees', json_array(`node_id`), json_array(sum(`brought`), sum(`drawn`)) FROM (
  SELECT `node_id`, `brought`, `drawn` FROM `home_fees`
  UNION ALL SELECT h.key, -h.value, 0 FROM `flushes` AS f, json_each(f.`homes`) AS h WHERE f.`seq` <= (SELECT `summed` FROM `book_marks`)
  UNION ALL SELECT h.value->>0, -(h.value->>1), -(h.value->>2) FROM `flushes` AS f, json_each(f.`alone`, '$.homes') AS h
    WHERE f.`alone` IS NOT NULL)
GROUP BY `node_id` HAVING sum(`brought`) <> 0 OR sum(`drawn`) <> 0;
--> statement-breakpoint
INSERT INTO `books_before`
SELECT 'book_days', json_array(`day`, `book`), json_array(sum(`amount`), sum(`postings`)) FROM (
  SELECT `day`, `book`, `amount`, `postings` FROM `book_days`
  UNION ALL SELECT f.`at` / 86400000, p.key, -p.value, -1 FROM `flushes` AS f, json_each(f.`postings`) AS p
    WHERE f.`seq` <= (SELECT `summed` FROM `book_marks`)
  UNION ALL SELECT d.value->>0, d.value->>1, -(d.value->>2), -(d.value->>3) FROM `flushes` AS f, json_each(f.`alone`, '$.days') AS d
    WHERE f.`alone` IS NOT NULL)
GROUP BY `day`, `book` HAVING sum(`amount`) <> 0 OR sum(`postings`) <> 0;
--> statement-breakpoint
-- What is written once stays. A REPLACE tells no trigger that it deletes: a row that is there already is left as it is.
CREATE TRIGGER `postings_never_change` BEFORE UPDATE ON `postings` BEGIN SELECT RAISE(ABORT, 'append-only: a posting never changes'); END;
--> statement-breakpoint
CREATE TRIGGER `postings_never_go` BEFORE DELETE ON `postings` BEGIN SELECT RAISE(ABORT, 'append-only: a posting never goes'); END;
--> statement-breakpoint
CREATE TRIGGER `postings_come_once` BEFORE INSERT ON `postings` WHEN EXISTS (SELECT 1 FROM `postings` WHERE `event_id` = new.`event_id` AND `book` = new.`book`) BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `events_never_change` BEFORE UPDATE ON `events` BEGIN SELECT RAISE(ABORT, 'append-only: an event never changes'); END;
--> statement-breakpoint
CREATE TRIGGER `events_never_go` BEFORE DELETE ON `events` BEGIN SELECT RAISE(ABORT, 'append-only: an event never goes'); END;
--> statement-breakpoint
CREATE TRIGGER `events_come_once` BEFORE INSERT ON `events` WHEN EXISTS (SELECT 1 FROM `events` WHERE `id` = new.`id`) BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `flushes_never_change` BEFORE UPDATE ON `flushes` BEGIN SELECT RAISE(ABORT, 'append-only: a flush never changes'); END;
--> statement-breakpoint
-- It goes once it is in the projections and all its receipts, or what it lists of those that came alone, stand in a file.
CREATE TRIGGER `flushes_go_when_archived` BEFORE DELETE ON `flushes` WHEN old.`seq` > (SELECT `summed` FROM `book_marks`)
  OR (old.`packed` IS NULL AND old.`seq` > (SELECT `placed` FROM `book_marks`))
  OR (old.`packed` IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(old.`parts`, '$.p') AS p WHERE NOT EXISTS (
    SELECT 1 FROM `receipt_places` AS a WHERE a.`job` = unhex(p.value->>0) AND a.`part` = p.value->>1 AND a.`booked` & 1 AND a.`file` > 0)))
BEGIN SELECT RAISE(ABORT, 'append-only: this flush is not archived'); END;
--> statement-breakpoint
CREATE TRIGGER `flushes_come_once` BEFORE INSERT ON `flushes` WHEN EXISTS (SELECT 1 FROM `flushes` WHERE `seq` = new.`seq`) BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `part_receipts_never_change` BEFORE UPDATE ON `part_receipts` BEGIN SELECT RAISE(ABORT, 'append-only: a receipt never changes'); END;
--> statement-breakpoint
CREATE TRIGGER `part_receipts_go_when_archived` BEFORE DELETE ON `part_receipts` WHEN NOT EXISTS (
  SELECT 1 FROM `receipt_places` AS a WHERE a.`job` = old.`job` AND a.`part` = old.`part` AND a.`booked` = old.`booked` AND a.`file` > 0) BEGIN SELECT RAISE(ABORT, 'append-only: this receipt is not archived'); END;
--> statement-breakpoint
CREATE TRIGGER `part_receipts_come_once` BEFORE INSERT ON `part_receipts` WHEN EXISTS (SELECT 1 FROM `part_receipts` WHERE `job` = new.`job` AND `part` = new.`part` AND `booked` = new.`booked`) BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
-- A receipt moves once, from its flush to a file.
CREATE TRIGGER `receipt_places_move_to_files` BEFORE UPDATE ON `receipt_places` WHEN old.`file` > 0 OR old.`job` <> new.`job` OR old.`part` <> new.`part` OR old.`booked` <> new.`booked` BEGIN SELECT RAISE(ABORT, 'append-only: a receipt in a file stays there'); END;
--> statement-breakpoint
CREATE TRIGGER `receipt_places_never_go` BEFORE DELETE ON `receipt_places` BEGIN SELECT RAISE(ABORT, 'append-only: the place of a receipt never goes'); END;
--> statement-breakpoint
CREATE TRIGGER `receipt_places_come_once` BEFORE INSERT ON `receipt_places` WHEN EXISTS (SELECT 1 FROM `receipt_places` WHERE `job` = new.`job` AND `part` = new.`part` AND `booked` = new.`booked` AND `file` > 0) BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `archive_files_never_change` BEFORE UPDATE ON `archive_files` BEGIN SELECT RAISE(ABORT, 'append-only: a file of the archive never changes'); END;
--> statement-breakpoint
CREATE TRIGGER `archive_files_never_go` BEFORE DELETE ON `archive_files` BEGIN SELECT RAISE(ABORT, 'append-only: a file of the archive never goes'); END;
--> statement-breakpoint
CREATE TRIGGER `archive_files_come_once` BEFORE INSERT ON `archive_files` WHEN EXISTS (SELECT 1 FROM `archive_files` WHERE `id` = new.`id`) BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `book_marks_only_rise` BEFORE UPDATE ON `book_marks` WHEN new.`summed` < old.`summed` OR new.`placed` < old.`placed` OR new.`kept_from` < old.`kept_from` BEGIN SELECT RAISE(ABORT, 'append-only: the marks of the book only rise'); END;
--> statement-breakpoint
CREATE TRIGGER `book_marks_never_go` BEFORE DELETE ON `book_marks` BEGIN SELECT RAISE(ABORT, 'append-only: the marks of the book never go'); END;
