CREATE TABLE `epoch_pieces` (
	`epoch` integer NOT NULL,
	`piece` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`epoch`, `piece`)
);
--> statement-breakpoint
CREATE TABLE `epochs` (
	`epoch` integer PRIMARY KEY NOT NULL,
	`seconds` integer NOT NULL,
	`root` text NOT NULL,
	`sha256` text NOT NULL,
	`bytes` integer NOT NULL,
	`leaves` integer NOT NULL,
	`kept` integer NOT NULL,
	`earned` text NOT NULL,
	`withheld` text NOT NULL,
	`bonus` text NOT NULL,
	`count` text NOT NULL,
	`spent` text NOT NULL,
	`published_at` integer NOT NULL,
	`pieces` integer NOT NULL,
	`file_key` text
);
