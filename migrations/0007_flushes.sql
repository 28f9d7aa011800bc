CREATE TABLE `book_marks` (
	`id` integer PRIMARY KEY NOT NULL,
	`summed` integer NOT NULL,
	`placed` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `flushes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`at` integer NOT NULL,
	`postings` text NOT NULL,
	`homes` text NOT NULL,
	`parts` text NOT NULL,
	`packed` blob
);
--> statement-breakpoint
CREATE TABLE `part_receipts` (
	`job` blob NOT NULL,
	`part` integer NOT NULL,
	`booked` integer NOT NULL,
	`packed` blob NOT NULL,
	PRIMARY KEY(`job`, `part`, `booked`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `receipt_places` (
	`job` blob NOT NULL,
	`part` integer NOT NULL,
	`booked` integer NOT NULL,
	`file` integer NOT NULL,
	`start` integer NOT NULL,
	`length` integer NOT NULL,
	PRIMARY KEY(`job`, `part`, `booked`)
) WITHOUT ROWID;
--> statement-breakpoint
-- What parts have moved is in the balances: one by one it becomes the sums of its days.
INSERT INTO `book_days` (`day`, `book`, `amount`, `postings`)
SELECT e.`at` / 86400000, p.`book`, sum(p.`amount`), count(*) FROM `events` AS e JOIN `postings` AS p ON p.`event_id` = e.`id`
WHERE e.`kind` = 'settle' GROUP BY 1, 2
ON CONFLICT (`day`, `book`) DO UPDATE SET `amount` = `amount` + excluded.`amount`, `postings` = `postings` + excluded.`postings`;--> statement-breakpoint
-- Which events of a part were booked is told from now on by its receipts: a bit each.
INSERT INTO `part_receipts` (`job`, `part`, `booked`, `packed`)
SELECT coalesce(unhex(substr(r.`job_id`, 5)), CAST(r.`job_id` AS BLOB)), r.`part`,
  1 * EXISTS (SELECT 1 FROM `events` AS e WHERE e.`id` = 'settle:' || r.`job_id` || ':' || r.`part`)
  | 2 * EXISTS (SELECT 1 FROM `events` AS e WHERE e.`id` = 'late:' || r.`job_id` || ':' || r.`part`)
  | 4 * EXISTS (SELECT 1 FROM `events` AS e WHERE e.`id` = 'rest:' || r.`job_id` || ':' || r.`part`), r.`settlement`
FROM `receipts` AS r;--> statement-breakpoint
INSERT INTO `flushes` (`seq`, `account_id`, `at`, `postings`, `homes`, `parts`)
SELECT row_number() OVER (ORDER BY `ended_at`), `account_id`, `ended_at`, '{}', '{}', `parts` FROM (
  SELECT '' AS `account_id`, `ended_at`, json_object('p', json_array(json_array(lower(hex(`job`)), `part`))) AS `parts` FROM `packed_receipts`
  UNION ALL SELECT `account_id`, `ended_at`, json_object('w', json_array(`model`, `outcome`, `settlement`->>'$.decision.mode'),
    'p', json_array(json_array(coalesce(lower(hex(unhex(substr(`job_id`, 5)))), lower(hex(`job_id`))), `part`, 0, 1, 0,
      coalesce(`settlement`->>'$.attempts', 1), `settlement`->>'$.ttftMs', `settlement`->>'$.resumed' IS NOT NULL,
      CASE WHEN `settlement`->>'$.decision.mode' IS NULL THEN NULL ELSE 2 END, `settlement`->>'$.decision.km',
      `settlement`->>'$.decision.ttftMs', `settlement`->>'$.decision.edgeRttMs', `settlement`->>'$.decision.asks',
      `settlement`->>'$.decision.isForced', `settlement`->>'$.decision.rttMs', `settlement`->>'$.decision.tokensPerS'))) FROM `receipts`);--> statement-breakpoint
INSERT INTO `book_marks` VALUES (1, (SELECT coalesce(max(`seq`), 0) FROM `flushes`), 0);--> statement-breakpoint
-- A part of which something came after it had been packed stands in both: other bits, or the same told twice.
INSERT INTO `part_receipts` (`job`, `part`, `booked`, `packed`)
SELECT `job`, `part`, `booked`, `packed` FROM `packed_receipts` WHERE true ON CONFLICT DO NOTHING;--> statement-breakpoint
INSERT INTO `receipt_places` (`job`, `part`, `booked`, `file`, `start`, `length`)
SELECT `job`, `part`, `booked`, `file`, `start`, `length` FROM `archived_receipts`;--> statement-breakpoint
DELETE FROM `postings` WHERE `event_id` IN (SELECT `id` FROM `events` WHERE `kind` = 'settle');--> statement-breakpoint
-- Why a charge was lowered stays told.
DELETE FROM `events` WHERE `kind` = 'settle' AND (`memo` IS NULL OR `memo` NOT LIKE 'charge lowered%');--> statement-breakpoint
DROP TABLE `receipts`;--> statement-breakpoint
DROP TABLE `packed_receipts`;--> statement-breakpoint
DROP TABLE `archived_receipts`;--> statement-breakpoint
DROP INDEX `events_job`;--> statement-breakpoint
DROP INDEX `postings_book`;
