ALTER TABLE `models` ADD `least_price_in` integer;--> statement-breakpoint
ALTER TABLE `models` ADD `least_price_out` integer;
