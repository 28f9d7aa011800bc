// Who carries out the bridge's commands: a real Redis over TCP (the one door to ioredis) or the embedded store.
import { Command, Redis } from 'ioredis';
import { EmbeddedRedis } from './embedded-redis.ts';
import type { RedisReply } from './embedded-redis.ts';

const CONNECT_TIMEOUT_MS = 1000;
const COMMAND_TIMEOUT_MS = 1000;
const RECONNECT_MAX_MS = 1000;

/** Runs commands in order. Each command's error is its own reply; the promise rejects only when Redis itself is away. */
export interface RedisExecutor {
  run(
    commands: readonly (readonly string[])[],
    options?: { readonly atomic?: boolean },
  ): Promise<readonly RedisReply[]>;
  close(): Promise<void>;
}

/** The in-memory default. `now` gives ms since epoch. */
export function embeddedExecutor(now: () => number = Date.now): RedisExecutor {
  const store = new EmbeddedRedis(now);
  return {
    run: async (commands) => commands.map((command) => store.execute(command)),
    close: async () => undefined,
  };
}

/** A real Redis at `redis://…` (or `rediss://…`). Reconnects by itself; a command while it is away rejects at once instead of waiting. */
export function redisExecutor(url: string): RedisExecutor {
  // ioredis turns HGETALL's reply into an object; the REST dialect wants the flat list that Redis sent.
  Command.setReplyTransformer('hgetall', (reply: unknown) => reply);
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** times, RECONNECT_MAX_MS),
  });
  // Without a listener a lost connection would be an uncaught error; each waiting command already rejects.
  redis.on('error', () => undefined);
  return {
    run: async (commands, options) => runOn(redis, { commands, atomic: options?.atomic === true }),
    close: async () => redis.disconnect(),
  };
}

async function runOn(
  redis: Redis,
  batch: { commands: readonly (readonly string[])[]; atomic: boolean },
): Promise<readonly RedisReply[]> {
  const pipeline = batch.atomic ? redis.multi() : redis.pipeline();
  for (const [name = '', ...args] of batch.commands) pipeline.call(name, ...args);
  const settled = (await pipeline.exec()) ?? [];
  return settled.map(([fault, reply]) => {
    if (!fault) return reply as RedisReply;
    if (fault.name === 'ReplyError') return { error: fault.message };
    throw fault;
  });
}
