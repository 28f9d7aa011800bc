// A signed list of the newest version: read, and refused for what is wrong with it, before anything of it is believed. Pure: what checks signatures is given.
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { compareVersions, isVersion } from './compare-versions.ts';
import { encodeCanonical } from './encode-canonical.ts';

/** More is no list of one version. */
export const MANIFEST_BYTES = 64 * 1024;
/** More is no agent. */
const MOST_FILE_BYTES = 300 * 1024 * 1024;
/** Clocks that are off by less are let pass. */
const CLOCK_SLACK_MS = 86_400_000;

const time = z.iso.datetime();
const fileSchema = z.strictObject({
  /** `any`, or a system and processor as Node names them: `linux-x64`. */
  platform: z.string().max(40),
  url: z.url({ protocol: /^https?$/ }).max(1000),
  bytes: z.number().int().min(1).max(MOST_FILE_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const manifestSchema = z.strictObject({
  format: z.literal(1),
  product: z.literal('irori-node'),
  /** Grows with every list that is signed, so that an old one cannot be shown again. */
  serial: z.number().int().min(1),
  version: z.string().max(80).refine(isVersion),
  issuedAt: time,
  expiresAt: time,
  /** The oldest Node that runs it: its first number. */
  node: z.number().int().min(1).max(999),
  /** What is new, in a sentence. */
  notes: z.string().max(500),
  files: z.array(fileSchema).min(1).max(40),
});
type Manifest = z.output<typeof manifestSchema>;
const signedSchema = z.strictObject({
  manifest: z.record(z.string(), z.unknown()),
  signatures: z
    .array(z.strictObject({ key: z.string().max(64), signature: z.string().max(200) }))
    .min(1)
    .max(8),
});

export interface ManifestFacts {
  /** True where one of the signatures over these bytes is good under a key that is trusted. */
  readonly isSigned: (
    text: string,
    signatures: readonly { readonly key: string; readonly signature: string }[],
  ) => boolean;
  /** The version that asks. */
  readonly current: string;
  /** Of the newest list that was believed; 0 for none. */
  readonly seenSerial: number;
  /** Versions that did not start here. */
  readonly bad: readonly string[];
  /** `linux-x64`. */
  readonly platform: string;
  /** The first number of the Node that runs. */
  readonly node: number;
  /** ms since epoch. */
  readonly now: number;
}

/** What there is to be had. */
export interface Offer {
  readonly version: string;
  readonly serial: number;
  readonly notes: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Null where nothing is newer; `serial` is then the list's. Errors are sentences that say why it is not believed, or cannot be used here. */
export function readManifest(
  text: string,
  facts: ManifestFacts,
): Result<{ readonly serial: number; readonly offer: Offer | null }, string> {
  const signed = signedSchema.safeParse(parseJson(text));
  if (!signed.success) return err('What came is no list of versions.');
  const { manifest: said, signatures } = signed.data;
  const canonical = tryCanonical(said);
  if (canonical === null) return err('What came is no list of versions.');
  if (!facts.isSigned(canonical, signatures))
    return err('The list of versions is not signed by a key that this agent trusts: nothing of it is used.');
  const read = manifestSchema.safeParse(said);
  if (!read.success)
    return err('The list of versions is of a form that this agent does not know: update it by hand once.');
  const fault = judgeFreshness(read.data, facts);
  return fault === null ? findOffer(read.data, facts) : err(fault);
}

/** Null for what no list holds, or holds so deep that nothing could be made of it: it comes from whoever answers there. */
function tryCanonical(said: Record<string, unknown>): string | null {
  try {
    return encodeCanonical(said);
  } catch {
    return null;
  }
}

function judgeFreshness({ serial, issuedAt, expiresAt }: Manifest, { seenSerial, now }: ManifestFacts): string | null {
  if (serial < seenSerial)
    return `The list of versions is an old one (number ${serial}, and ${seenSerial} was seen): somebody shows it again, or the server is behind.`;
  if (Date.parse(expiresAt) <= now)
    return `The list of versions ended on ${expiresAt.slice(0, 10)}: the server is behind, or this machine's clock is wrong.`;
  if (Date.parse(issuedAt) > now + CLOCK_SLACK_MS)
    return "The list of versions is from the future: look at this machine's clock.";
  return null;
}

function findOffer(
  { serial, version, notes, files, node: leastNode }: Manifest,
  { current, bad, platform, node }: ManifestFacts,
): Result<{ readonly serial: number; readonly offer: Offer | null }, string> {
  const order = compareVersions(version, current);
  if (order < 0)
    return err(`The list names version ${version}, which is older than this one (${current}): no update goes back.`);
  if (order === 0) return ok({ serial, offer: null });
  if (bad.includes(version))
    return err(`Version ${version} did not start here three times; the next one will be tried.`);
  if (node < leastNode) return err(`Version ${version} takes Node ${leastNode} or newer; this is Node ${node}.`);
  const file = files.find((one) => one.platform === platform) ?? files.find((one) => one.platform === 'any');
  if (!file) return err(`Version ${version} is not made for ${platform}.`);
  const { url, bytes, sha256 } = file;
  return ok({ serial, offer: { version, serial, notes, url, bytes, sha256 } });
}
