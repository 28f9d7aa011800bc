CREATE TABLE `chain_codes` (
	`code` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `chain_codes_account` ON `chain_codes` (`account_id`);