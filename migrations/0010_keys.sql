CREATE TABLE `account_members` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`name` text NOT NULL,
	`email` text,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`changed_at` integer,
	`removed_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `account_members_account` ON `account_members` (`account_id`);--> statement-breakpoint
CREATE TABLE `repeated_posts` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `repeated_posts_at` ON `repeated_posts` (`at`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `scopes` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `models` text;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `member_id` text REFERENCES account_members(id);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `changed_at` integer;--> statement-breakpoint
CREATE INDEX `api_keys_member` ON `api_keys` (`member_id`);
