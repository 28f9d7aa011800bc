-- The built-in demo model, free: its digest is that of the files in node-agent/models/nano (weights, quantisation, tokenizer, template).
INSERT INTO `models` (`id`, `description`, `digests`, `price_in`, `price_out`, `context_tokens`, `max_output_tokens`, `tokenizer`, `min_bytes_per_token`, `created_at`, `withdrawn_at`)
VALUES ('nano-demo', 'The built-in demo: a 0.9 M parameter model for trying the network out. Fluent about little, right about less.', '["101b068f934d2dec9673f23438cffe82e3a506a487c64e83a383b7ea20200cea"]', 0, 0, 512, 480, 'nano', 1, 1767225600000, NULL)
ON CONFLICT (`id`) DO NOTHING;
