// `irori-node doctor`: each step from the router's name to the last receipt, with what was found and what to do. Changes nothing.
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as z from 'zod';
import { runtimeFolder } from '../agent/opened-backends.ts';
import { readConfig, readStateFolder } from '../config/config.ts';
import type { AgentConfig, Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { IdentityFile } from '../home/identity-file.ts';
import { lookAtServer } from '../join/server-finder.ts';
import { askSigned } from '../link/signed-question.ts';
import { readJournal } from '../receipts/earned-journal.ts';
import { openSessionKey } from '../receipts/session-key.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { complain } from './complain.ts';
import { lookAtRouter } from './doctor-looks.ts';
import { bad, good, judgeAgent, judgeDisk, judgeLastReceipt, judgeOutbox, note, skipped } from './judge-steps.ts';
import { SILENT_LOG } from './silent-log.ts';
import { learnStatus } from './status.ts';
import { formatFinding, formatVerdict, judgeExit } from './tell-doctor.ts';
import type { Finding } from './tell-doctor.ts';

/** Of this home's record that is looked at for the newest receipt. */
const RECEIPT_DAYS = 7;

/** Exit status 0: nothing is in the way; 1: something is; 2: the settings cannot be read. */
export async function runDoctor(flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const isJson = flags.json === true;
  const findings: Finding[] = [];
  for await (const finding of examine(flags, env, folder.value)) {
    findings.push(finding);
    if (!isJson) process.stdout.write(formatFinding(finding));
  }
  const exit = judgeExit(findings);
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ well: exit === 0, at: new Date().toISOString(), findings })}\n`
      : `\n${formatVerdict(findings)}`,
  );
  return exit;
}

async function* examine(flags: OptionValues, env: Environment, folder: string): AsyncIterable<Finding> {
  const { status, run } = await learnStatus(folder);
  const config = readSettings(flags, env, status?.router);
  if (!config.ok) yield bad('settings', config.error, 'Mend it with irori-node config, or join with irori-node.');
  else yield* lookAtRouter(config.value.router.origin);
  const key = existsSync(join(folder, 'session.key')) ? await openSessionKey(folder) : null;
  yield* lookAtKey(key, folder);
  if (config.ok) yield await lookAtIdentity(folder, config.value.router.origin);
  yield judgeDisk(await readFree(folder));
  yield* lookAtMachine(folder);
  if (config.ok) yield* lookAtBackends(config.value);
  yield* judgeAgent(status, run, Date.now());
  const canAsk = config.ok && key?.ok === true;
  yield* canAsk
    ? askGates(config.value.router.origin, key.value)
    : [skipped('network', `it cannot be asked without ${config.ok ? 'a key' : 'its address'}`)];
  if (status !== null) yield judgeOutbox(status);
  const entries = readJournal(join(folder, 'earned'), { days: RECEIPT_DAYS, now: Date.now() });
  yield judgeLastReceipt(entries.toSorted((a, b) => a.at - b.at).at(-1) ?? null, Date.now());
}

/** A home that was started by options alone has its router in no file but its status. */
function readSettings(
  flags: OptionValues,
  env: Environment,
  router: string | undefined,
): ReturnType<typeof readConfig> {
  const config = readConfig(flags, env);
  return config.ok || router === undefined ? config : readConfig({ ...flags, router: flags.router ?? router }, env);
}

function* lookAtKey(key: Awaited<ReturnType<typeof openSessionKey>> | null, folder: string): Iterable<Finding> {
  if (key === null) yield note('key', `none in ${folder} yet`, 'Joining makes one: irori-node');
  else if (key.ok) yield good('key', `${key.value.address}, only this user can read it`);
  else yield bad('key', key.error, null);
}

async function lookAtIdentity(folder: string, origin: string): Promise<Finding> {
  const identity = (await IdentityFile.open(folder, SILENT_LOG)).find(origin);
  return identity === null
    ? bad('identity', `this home is not linked to ${origin}`, 'Link it: irori-node, or irori-node up --code CODE')
    : good('identity', `${identity.node} of account ${identity.account}`);
}

async function readFree(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // Told as not known.
    return null;
  }
}

/** Loaded here only: it is heavy. */
async function* lookAtMachine(folder: string): AsyncIterable<Finding> {
  const { readMachine } = await import('../join/machine-facts.ts');
  const { cards, memoryBytes, freeMemoryBytes, isOnBattery, nodeVersion } = await readMachine(folder);
  const gb = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GB`;
  const card = cards.map(({ name, totalBytes }) => (totalBytes === null ? name : `${name} ${gb(totalBytes)}`));
  yield good(
    'machine',
    [
      card.length === 0 ? 'no graphics card that is known' : card.join(', '),
      `memory ${gb(memoryBytes)}, ${gb(freeMemoryBytes)} free`,
      ...(isOnBattery === true ? ['on battery'] : []),
      `Node ${nodeVersion}`,
    ].join('; '),
  );
}

async function* lookAtBackends(config: AgentConfig): AsyncIterable<Finding> {
  const { backends, backendKeys, allowLan, allowNetworks, state } = config;
  if (backends.length === 0) {
    const isSetUp =
      existsSync(join(runtimeFolder(state), 'node_modules', 'onnxruntime-node')) || isBeside('onnxruntime-node');
    yield isSetUp
      ? good('server', 'none named in the settings: then the built-in demo model is shared')
      : note(
          'server',
          'none named, and the built-in model’s runtime is not set up',
          'Name one with --backend, or run irori-node setup.',
        );
  }
  for (const url of backends) {
    const found = await lookAtServer(url, { keyOf: backendKeys, allowLan, allowNetworks });
    const names = found.models.map(({ name }) => name);
    const who = `${found.product}${found.version === null ? '' : ` ${found.version}`} at ${url}`;
    if (found.refusal !== null) yield bad('server', `${url}: ${found.refusal}`, null);
    else if (names.length === 0) yield bad('server', `${who} lists no model`, 'Load a model in it.');
    else
      yield good(
        'server',
        `${who}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`,
      );
  }
}

/** As in a checkout. */
function isBeside(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

const text = z.string().max(2000);
const gatesSchema = z.object({
  would_choose: z.boolean(),
  gates: z.array(z.object({ gate: text, passes: z.boolean(), told: text, remedy: text.nullish() })).max(100),
});

/** Would the network choose this home now? Every gate that it does not pass. */
async function* askGates(router: string, key: SessionKey): AsyncIterable<Finding> {
  const asked = await askSigned({ router, key, path: '/node/v1/doctor' }, Date.now());
  if (!asked.ok) return yield bad('network', asked.error, null);
  if (asked.value === null) return yield note('network', 'this router does not tell whether it would choose this home');
  const read = gatesSchema.safeParse(asked.value);
  if (!read.success)
    return yield bad('network', 'its answer is not understood', 'Update the agent, or ask whoever runs the router.');
  const { would_choose: isChosen, gates } = read.data;
  const closed = gates.filter(({ passes }) => !passes);
  yield isChosen
    ? good('network', `it would choose this home now (${gates.length} gates passed)`)
    : tellClosed(closed.length, gates.length);
  for (const { gate, told, remedy } of closed)
    yield isChosen ? note(gate, told, remedy ?? null) : bad(gate, told, remedy ?? null);
}

/** What is in the way is told gate by gate. */
function tellClosed(closed: number, all: number): Finding {
  const told = `it would not choose this home now: ${closed} of ${all} gates ${closed === 1 ? 'is' : 'are'} closed`;
  return closed === 0 ? bad('network', told, null) : note('network', told);
}
