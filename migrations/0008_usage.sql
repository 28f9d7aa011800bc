CREATE TABLE `node_days` (
	`node_id` text NOT NULL,
	`day` integer NOT NULL,
	`model` text NOT NULL,
	`account_id` text NOT NULL,
	`jobs` integer NOT NULL,
	`parts` integer NOT NULL,
	`prompt_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`earned` integer NOT NULL,
	`energy_micro_wh` integer NOT NULL,
	`energy_parts` integer NOT NULL,
	PRIMARY KEY(`node_id`, `day`, `model`, `account_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `node_days_account` ON `node_days` (`account_id`,`day`);--> statement-breakpoint
CREATE TABLE `usage_days` (
	`account_id` text NOT NULL,
	`day` integer NOT NULL,
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
	PRIMARY KEY(`account_id`, `day`, `key_id`, `model`, `country`, `kind`)
) WITHOUT ROWID;
--> statement-breakpoint
-- Lists and receipts stand behind the totals: who sums up flushes reads nothing of what overflows their pages.
CREATE TABLE `flushes_next` (
	`seq` integer PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`at` integer NOT NULL,
	`postings` text NOT NULL,
	`homes` text NOT NULL,
	`usage` text DEFAULT '{}' NOT NULL,
	`earnings` text DEFAULT '{}' NOT NULL,
	`alone` text,
	`parts` text NOT NULL,
	`packed` blob
);
--> statement-breakpoint
INSERT INTO `flushes_next` (`seq`, `account_id`, `at`, `postings`, `homes`, `parts`, `packed`)
SELECT `seq`, `account_id`, `at`, `postings`, `homes`, `parts`, `packed` FROM `flushes`;--> statement-breakpoint
DROP TABLE `flushes`;--> statement-breakpoint
ALTER TABLE `flushes_next` RENAME TO `flushes`;
