CREATE TABLE `device_links` (
	`id` text PRIMARY KEY NOT NULL,
	`user_code` text NOT NULL,
	`challenge` text NOT NULL,
	`machine` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`asked_at` integer DEFAULT 0 NOT NULL,
	`wrong` integer DEFAULT 0 NOT NULL,
	`account_id` text,
	`name` text,
	`pool_id` text,
	`is_public` integer DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `device_links_code` ON `device_links` (`user_code`);--> statement-breakpoint
CREATE INDEX `device_links_ends` ON `device_links` (`expires_at`);--> statement-breakpoint
CREATE TABLE `door_counts` (
	`name` text PRIMARY KEY NOT NULL,
	`from_at` integer NOT NULL,
	`count` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `door_counts_from` ON `door_counts` (`from_at`);--> statement-breakpoint
ALTER TABLE `accounts` ADD `signed_up_from` text;--> statement-breakpoint
ALTER TABLE `enrolments` ADD `name` text;