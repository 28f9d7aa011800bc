// wrangler.toml as the local network needs it. Pure; a key that would behave differently here than when deployed is refused, not ignored.
import { parse, TomlError } from 'smol-toml';
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** What the local network takes from wrangler.toml, so that it runs what is deployed. */
export interface WorkerConfig {
  readonly name: string;
  readonly main: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  readonly databases: readonly { readonly binding: string; readonly name: string; readonly migrationsDir: string }[];
  readonly objects: readonly { readonly binding: string; readonly className: string }[];
  readonly buckets: readonly { readonly binding: string; readonly name: string }[];
  /** Other Workers that it asks, by their names. */
  readonly services: readonly { readonly binding: string; readonly service: string }[];
  /** True where the platform's clock calls the Worker every few minutes. */
  readonly isTimed: boolean;
}

const wranglerFile = z.strictObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  compatibility_flags: z.array(z.string()).default([]),
  vars: z.record(z.string(), z.string()).default({}),
  d1_databases: z
    .array(
      z.strictObject({
        binding: z.string(),
        database_name: z.string(),
        database_id: z.string(),
        migrations_dir: z.string().default('migrations'),
      }),
    )
    .default([]),
  r2_buckets: z.array(z.strictObject({ binding: z.string(), bucket_name: z.string() })).default([]),
  services: z.array(z.strictObject({ binding: z.string(), service: z.string() })).default([]),
  triggers: z.strictObject({ crons: z.array(z.string()) }).default({ crons: [] }),
  durable_objects: z
    .strictObject({ bindings: z.array(z.strictObject({ name: z.string(), class_name: z.string() })) })
    .default({ bindings: [] }),
  migrations: z.array(z.strictObject({ tag: z.string(), new_sqlite_classes: z.array(z.string()) })).default([]),
  // Only the deployed Worker has these: they change where it is reached, timed or watched, not what it does.
  $schema: z.string().optional(),
  workers_dev: z.boolean().optional(),
  preview_urls: z.boolean().optional(),
  send_metrics: z.boolean().optional(),
  keep_names: z.boolean().optional(),
  minify: z.boolean().optional(),
  upload_source_maps: z.boolean().optional(),
  limits: z.unknown().optional(),
  placement: z.unknown().optional(),
  observability: z.unknown().optional(),
});

/** wrangler.toml text → {@link WorkerConfig}; the error is one sentence that names the line or the key. */
export function parseWorkerConfig(text: string): Result<WorkerConfig, string> {
  const toml = readToml(text);
  if (!toml.ok) return toml;
  const parsed = wranglerFile.safeParse(toml.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return err(`${issue?.path.join('.') || 'file'}: ${issue?.message ?? 'not understood'}`);
  }
  const file = parsed.data;
  const sqliteClasses = new Set(file.migrations.flatMap((migration) => migration.new_sqlite_classes));
  const objects = file.durable_objects.bindings.map((object) => ({
    binding: object.name,
    className: object.class_name,
  }));
  const unmade = objects.find((object) => !sqliteClasses.has(object.className));
  if (unmade) return err(`durable_objects: class ${unmade.className} is in no [[migrations]] new_sqlite_classes`);
  return ok({
    name: file.name,
    main: file.main,
    compatibilityDate: file.compatibility_date,
    compatibilityFlags: file.compatibility_flags,
    vars: file.vars,
    databases: file.d1_databases.map((each) => ({
      binding: each.binding,
      name: each.database_name,
      migrationsDir: each.migrations_dir,
    })),
    objects,
    buckets: file.r2_buckets.map((each) => ({ binding: each.binding, name: each.bucket_name })),
    services: file.services,
    isTimed: file.triggers.crons.length > 0,
  });
}

function readToml(text: string): Result<unknown, string> {
  try {
    return ok(parse(text));
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    return err(`line ${cause.line}: ${cause.message.split('\n')[0]}`);
  }
}
