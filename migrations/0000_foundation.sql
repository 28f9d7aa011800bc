CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`disabled_at` integer
);
--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE INDEX `api_keys_account` ON `api_keys` (`account_id`);--> statement-breakpoint
CREATE TABLE `enrolments` (
	`id` text PRIMARY KEY NOT NULL,
	`code_hash` text NOT NULL,
	`account_id` text NOT NULL,
	`wallet` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`node_id` text,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `enrolments_code` ON `enrolments` (`code_hash`);--> statement-breakpoint
CREATE TABLE `events` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`job_id` text,
	`part` integer,
	`account_id` text NOT NULL,
	`at` integer NOT NULL,
	`memo` text
);
--> statement-breakpoint
CREATE INDEX `events_job` ON `events` (`job_id`);--> statement-breakpoint
CREATE TABLE `models` (
	`id` text PRIMARY KEY NOT NULL,
	`description` text NOT NULL,
	`digests` text NOT NULL,
	`price_in` integer NOT NULL,
	`price_out` integer NOT NULL,
	`context_tokens` integer NOT NULL,
	`max_output_tokens` integer NOT NULL,
	`tokenizer` text,
	`min_bytes_per_token` integer NOT NULL,
	`created_at` integer NOT NULL,
	`withdrawn_at` integer
);
--> statement-breakpoint
CREATE TABLE `nodes` (
	`id` text PRIMARY KEY NOT NULL,
	`address` text NOT NULL,
	`account_id` text NOT NULL,
	`wallet` text,
	`name` text,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	`revoked_reason` text,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `nodes_address` ON `nodes` (`address`);--> statement-breakpoint
CREATE INDEX `nodes_account` ON `nodes` (`account_id`);--> statement-breakpoint
CREATE TABLE `postings` (
	`event_id` text NOT NULL,
	`book` text NOT NULL,
	`amount` integer NOT NULL,
	PRIMARY KEY(`event_id`, `book`),
	FOREIGN KEY (`event_id`) REFERENCES `events`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `postings_book` ON `postings` (`book`);--> statement-breakpoint
CREATE TABLE `receipts` (
	`job_id` text NOT NULL,
	`part` integer NOT NULL,
	`account_id` text NOT NULL,
	`key_id` text NOT NULL,
	`node_id` text NOT NULL,
	`owner_account_id` text NOT NULL,
	`model` text NOT NULL,
	`outcome` text NOT NULL,
	`prompt_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`charge` integer NOT NULL,
	`earn` integer NOT NULL,
	`ended_at` integer NOT NULL,
	`settlement` text NOT NULL,
	PRIMARY KEY(`job_id`, `part`)
);
--> statement-breakpoint
CREATE INDEX `receipts_account` ON `receipts` (`account_id`,`ended_at`);--> statement-breakpoint
CREATE INDEX `receipts_node` ON `receipts` (`node_id`,`ended_at`);