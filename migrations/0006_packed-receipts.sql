CREATE TABLE `archive_files` (
	`id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`receipts` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `archived_receipts` (
	`job` blob NOT NULL,
	`part` integer NOT NULL,
	`booked` integer NOT NULL,
	`file` integer NOT NULL,
	`start` integer NOT NULL,
	`length` integer NOT NULL,
	PRIMARY KEY(`job`, `part`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `book_days` (
	`day` integer NOT NULL,
	`book` text NOT NULL,
	`amount` integer NOT NULL,
	`postings` integer NOT NULL,
	PRIMARY KEY(`day`, `book`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `packed_receipts` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job` blob NOT NULL,
	`part` integer NOT NULL,
	`booked` integer NOT NULL,
	`ended_at` integer NOT NULL,
	`packed` blob NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `packed_receipts_job` ON `packed_receipts` (`job`,`part`);--> statement-breakpoint
DROP INDEX `receipts_account`;--> statement-breakpoint
DROP INDEX `receipts_node`;