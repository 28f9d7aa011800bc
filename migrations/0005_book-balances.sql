CREATE TABLE `balances` (
	`book` text PRIMARY KEY NOT NULL,
	`amount` integer NOT NULL,
	CONSTRAINT "fees_never_negative" CHECK("balances"."book" <> 'fees' OR "balances"."amount" >= 0)
);
--> statement-breakpoint
CREATE TABLE `home_fees` (
	`node_id` text PRIMARY KEY NOT NULL,
	`brought` integer NOT NULL,
	`drawn` integer NOT NULL,
	CONSTRAINT "home_draws_what_it_brought" CHECK("home_fees"."drawn" <= "home_fees"."brought")
);
--> statement-breakpoint
INSERT INTO `events` (`id`, `kind`, `account_id`, `at`, `memo`)
SELECT 'correction:fees-0005', 'correction', 'operator', unixepoch() * 1000, 'the operator makes good what the fees had paid before they could not fall below zero'
FROM (SELECT coalesce(sum(`amount`), 0) AS `amount` FROM `postings` WHERE `book` = 'fees') WHERE `amount` < 0;--> statement-breakpoint
INSERT INTO `postings` (`event_id`, `book`, `amount`)
SELECT 'correction:fees-0005', `value`, CASE `value` WHEN 'fees' THEN -`amount` ELSE `amount` END
FROM json_each('["fees","operator"]'), (SELECT coalesce(sum(`amount`), 0) AS `amount` FROM `postings` WHERE `book` = 'fees') WHERE `amount` < 0;--> statement-breakpoint
INSERT INTO `balances` (`book`, `amount`) SELECT `book`, sum(`amount`) FROM `postings` GROUP BY `book`;--> statement-breakpoint
INSERT INTO `home_fees` (`node_id`, `brought`, `drawn`)
SELECT `node_id`, max(0, sum(`charge` - `earn`)), 0 FROM `receipts` GROUP BY `node_id`;
