INSERT INTO `enrolment_uses` (`enrolment_id`, `node_id`, `used_at`)
SELECT `id`, `node_id`, `used_at` FROM `enrolments` WHERE `used_at` IS NOT NULL AND `node_id` IS NOT NULL;--> statement-breakpoint
ALTER TABLE `enrolments` DROP COLUMN `used_at`;--> statement-breakpoint
ALTER TABLE `enrolments` DROP COLUMN `node_id`;