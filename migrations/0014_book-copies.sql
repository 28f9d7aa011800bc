CREATE TABLE `book_copies` (
	`what` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`until_at` integer
);
