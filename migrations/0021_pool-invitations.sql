CREATE TABLE `pool_invitations` (
	`pool_id` text NOT NULL,
	`account_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`pool_id`, `account_id`),
	FOREIGN KEY (`pool_id`) REFERENCES `pools`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `pool_invitations_account` ON `pool_invitations` (`account_id`);--> statement-breakpoint
CREATE INDEX `pool_invitations_ends` ON `pool_invitations` (`expires_at`);