CREATE TABLE `checkouts` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`amount` integer NOT NULL,
	`currency` text NOT NULL,
	`is_live` integer NOT NULL,
	`state` text NOT NULL,
	`session` text,
	`payment_intent` text,
	`created_at` integer NOT NULL,
	`paid_at` integer,
	`refunded` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `checkouts_account` ON `checkouts` (`account_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `checkouts_intent` ON `checkouts` (`payment_intent`);--> statement-breakpoint
CREATE TABLE `payments` (
	`id` text PRIMARY KEY NOT NULL,
	`payer` text NOT NULL,
	`scheme` text NOT NULL,
	`network` text NOT NULL,
	`jobs` text NOT NULL,
	`authorised` integer NOT NULL,
	`charge` integer,
	`state` text NOT NULL,
	`transaction` text,
	`reason` text,
	`began_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `payments_payer` ON `payments` (`payer`,`state`);--> statement-breakpoint
CREATE INDEX `payments_owed` ON `payments` (`began_at`) WHERE "payments"."state" <> 'settled';