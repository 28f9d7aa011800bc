ALTER TABLE `api_keys` ADD `limits` text;
