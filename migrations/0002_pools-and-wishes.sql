CREATE TABLE `enrolment_uses` (
	`enrolment_id` text NOT NULL,
	`node_id` text NOT NULL,
	`used_at` integer NOT NULL,
	PRIMARY KEY(`enrolment_id`, `node_id`),
	FOREIGN KEY (`enrolment_id`) REFERENCES `enrolments`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `node_pools` (
	`node_id` text NOT NULL,
	`pool_id` text NOT NULL,
	PRIMARY KEY(`node_id`, `pool_id`),
	FOREIGN KEY (`node_id`) REFERENCES `nodes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`pool_id`) REFERENCES `pools`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `node_pools_pool` ON `node_pools` (`pool_id`);--> statement-breakpoint
CREATE TABLE `pool_members` (
	`pool_id` text NOT NULL,
	`account_id` text NOT NULL,
	PRIMARY KEY(`pool_id`, `account_id`),
	FOREIGN KEY (`pool_id`) REFERENCES `pools`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `pool_members_account` ON `pool_members` (`account_id`);--> statement-breakpoint
CREATE TABLE `pools` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`owner_account_id` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`owner_account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `pools_name` ON `pools` (`name`);--> statement-breakpoint
CREATE INDEX `pools_owner` ON `pools` (`owner_account_id`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `defaults` text;--> statement-breakpoint
ALTER TABLE `enrolments` ADD `uses` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `enrolments` ADD `pool_id` text REFERENCES pools(id);--> statement-breakpoint
ALTER TABLE `enrolments` ADD `is_public` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `nodes` ADD `is_public` integer DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX `receipts_ended` ON `receipts` (`ended_at`);