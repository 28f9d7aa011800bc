CREATE TABLE `usage_hours` (
	`account_id` text NOT NULL,
	`hour` integer NOT NULL,
	`key_id` text NOT NULL,
	`model` text NOT NULL,
	`country` text NOT NULL,
	`kind` text NOT NULL,
	`jobs` integer NOT NULL,
	`parts` integer NOT NULL,
	`prompt_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`charged` integer NOT NULL,
	`energy_micro_wh` integer NOT NULL,
	`energy_parts` integer NOT NULL,
	PRIMARY KEY(`account_id`, `hour`, `key_id`, `model`, `country`, `kind`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `usage_hours_hour` ON `usage_hours` (`hour`);--> statement-breakpoint
CREATE TABLE `usage_months` (
	`account_id` text NOT NULL,
	`month` integer NOT NULL,
	`key_id` text NOT NULL,
	`model` text NOT NULL,
	`kind` text NOT NULL,
	`jobs` integer NOT NULL,
	`parts` integer NOT NULL,
	`prompt_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`charged` integer NOT NULL,
	`energy_micro_wh` integer NOT NULL,
	`energy_parts` integer NOT NULL,
	PRIMARY KEY(`account_id`, `month`, `key_id`, `model`, `kind`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `book_marks` ADD `hours_from` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `events_account` ON `events` (`account_id`,`at`,`id`) WHERE "events"."job_id" IS NULL;--> statement-breakpoint
CREATE INDEX `flushes_account` ON `flushes` (`account_id`,`seq`);--> statement-breakpoint
-- Months of what the days hold, and hours of what flushes tell that are here still: they are kept from the first hour that is whole.
INSERT INTO `usage_months`
SELECT `account_id`, (CAST(strftime('%Y', `day` * 86400, 'unixepoch') AS INTEGER) - 1970) * 12 + CAST(strftime('%m', `day` * 86400, 'unixepoch') AS INTEGER) - 1,
  `key_id`, `model`, `kind`, sum(`jobs`), sum(`parts`), sum(`prompt_tokens`), sum(`output_tokens`), sum(`charged`), sum(`energy_micro_wh`), sum(`energy_parts`)
FROM `usage_days` GROUP BY 1, 2, 3, 4, 5;--> statement-breakpoint
INSERT INTO `usage_hours`
SELECT coalesce(r.value->>12, f.`account_id`), max((r.value->>0) * 24, min((r.value->>0) * 24 + 23, f.`at` / 3600000)), r.value->>1, r.value->>2, r.value->>3, r.value->>4,
  sum(r.value->>5), sum(r.value->>6), sum(r.value->>7), sum(r.value->>8), sum(r.value->>9), sum(r.value->>10), sum(r.value->>11)
FROM `flushes` AS f, json_each(f.`usage`) AS r WHERE f.`seq` <= (SELECT `summed` FROM `book_marks`) GROUP BY 1, 2, 3, 4, 5, 6;--> statement-breakpoint
UPDATE `book_marks` SET `hours_from` = coalesce((SELECT min(`at`) FROM `flushes`), `summed` / 1024) / 3600000 + 1 WHERE EXISTS (SELECT 1 FROM `archive_files`);
