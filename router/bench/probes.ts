// What a target does when something goes wrong, one call each, by what the caller and the model server see: a caller who leaves, a model server that
// dies, a reader that stalls.
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMemoryBytes } from './cpu.ts';
import { PROBE_MARK } from './mock-backend.ts';
import type { Target } from './targets.ts';

/** Milliseconds, megabytes; null where it did not come to that. */
export interface Probed {
  /** From the caller's leaving until the model server's connection is closed. */
  readonly cancelFlowingMs: number | null;
  readonly cancelSilentMs: number | null;
  /** From the last token of a model server that dies until the stream ends, whether an error was told, and whether it was passed off as whole. */
  readonly deathMs: number | null;
  readonly isDeathTold: boolean;
  readonly isDeathHidden: boolean;
  /** Bytes that the model server could push while nobody read for 1.5 s, and what router and agent grew by. */
  readonly stalledPushedMb: number | null;
  readonly stalledGrowthMb: number | null;
}

const CANCEL_WAIT_MS = 5_000;
const DEATH_WAIT_MS = 8_000;
const STALL_MS = 1_500;
/** The first let the engines' heaps grow once to what such a stream needs. */
const STALLS = { first: 2, counted: 3 };
const POLL_MS = 5;
/** Into the gap of a second that a silent stream has. */
const SILENCE_MS = 300;
/** Of one event of the stalled stream: 4,000 letters and what stands around them. */
const FAT = 4_000;
const FAT_EVENT_BYTES = FAT + 130;

/**
 * `backendUrl` tells what the mock backend saw. Of several stalled readers the middle is told. A home may be
 * left alone after its model server has died: that comes last.
 */
export async function probe(target: Target, backendUrl: string): Promise<Probed> {
  const name = (plan: string): string => `say-${plan}${PROBE_MARK}-${target.name}`;
  const seenOf = async (model: string): Promise<Seen | null> =>
    (await (await fetch(`${backendUrl}/${model}`)).json()) as Seen | null;
  const flowing = name('2000x10');
  const silent = name('50x1000');
  const cancelFlowingMs = await cancel(target, flowing, { afterEvents: 20, seen: () => seenOf(flowing) });
  const cancelSilentMs = await cancel(target, silent, { afterEvents: 1, seen: () => seenOf(silent) });
  const stalls: Stalled[] = [];
  for (let time = 1; time <= STALLS.first + STALLS.counted; time++) {
    const fat = name(`16000x0-fat${FAT}-${time}`);
    const stalled = await stall(target, fat, () => seenOf(fat));
    if (time > STALLS.first) stalls.push(stalled);
  }
  const middle = (read: (stalled: Stalled) => number | null): number | null =>
    stalls.map(read).toSorted((a, b) => (a ?? 0) - (b ?? 0))[Math.floor(stalls.length / 2)] ?? null;
  const stalled = {
    stalledPushedMb: middle((one) => one.stalledPushedMb),
    stalledGrowthMb: middle((one) => one.stalledGrowthMb),
  };
  const death = await watchDeath(target, name('100x5-die10'));
  return { cancelFlowingMs, cancelSilentMs, ...stalled, ...death };
}

type Stalled = Pick<Probed, 'stalledPushedMb' | 'stalledGrowthMb'>;

interface Seen {
  readonly sent: number;
  readonly abortedAt: number | null;
}

/** Leaves after some events and half a gap of silence; the clocks of both processes are the machine's. */
async function cancel(
  target: Target,
  model: string,
  how: { readonly afterEvents: number; readonly seen: () => Promise<Seen | null> },
): Promise<number | null> {
  const { sent, response } = await open(target, model);
  let events = 0;
  await new Promise<void>((resolve) => {
    response.on('data', (bytes: Buffer) => {
      events += countEvents(bytes);
      if (events >= how.afterEvents) resolve();
    });
    response.on('close', resolve);
  });
  if (how.afterEvents === 1) await sleep(SILENCE_MS);
  const leftAt = Date.now();
  sent.destroy();
  while (Date.now() - leftAt < CANCEL_WAIT_MS) {
    const abortedAt = (await how.seen())?.abortedAt ?? null;
    if (abortedAt !== null) return Math.max(0, abortedAt - leftAt);
    await sleep(POLL_MS);
  }
  return null;
}

async function watchDeath(
  target: Target,
  model: string,
): Promise<Pick<Probed, 'deathMs' | 'isDeathTold' | 'isDeathHidden'>> {
  const { sent, response } = await open(target, model);
  let text = '';
  let lastTokenAt = performance.now();
  const endedAt = await new Promise<number | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), DEATH_WAIT_MS);
    const end = (): void => {
      clearTimeout(timer);
      resolve(performance.now());
    };
    response.on('data', (bytes: Buffer) => {
      const part = bytes.toString('utf8');
      if (part.includes('"content":" ')) lastTokenAt = performance.now();
      text += part;
    });
    response.on('close', end);
  });
  sent.destroy();
  return {
    deathMs: endedAt === null ? null : endedAt - lastTokenAt,
    isDeathTold: text.includes('"error"') || !response.complete,
    isDeathHidden: text.includes('[DONE]') || (response.complete && !text.includes('"error"')),
  };
}

async function stall(target: Target, model: string, seen: () => Promise<Seen | null>): Promise<Stalled> {
  const pids = [...(target.pids['router'] ?? []), ...(target.pids['agent'] ?? [])];
  const before = readMemoryBytes(pids);
  const { sent, response } = await open(target, model);
  await new Promise<void>((resolve) => response.once('data', () => resolve()).once('close', resolve));
  response.pause();
  await sleep(STALL_MS);
  const growth = readMemoryBytes(pids) - before;
  const pushed = (await seen())?.sent;
  sent.destroy();
  return {
    stalledPushedMb: pushed === undefined ? null : (pushed * FAT_EVENT_BYTES) / 1e6,
    stalledGrowthMb: Number.isFinite(growth) ? growth / 1e6 : null,
  };
}

/** A connection of its own, so that leaving closes it. */
function open(
  target: Target,
  model: string,
): Promise<{ readonly sent: ClientRequest; readonly response: IncomingMessage }> {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'x' }] });
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(`${target.endpoint}/chat/completions`, { method: 'POST', agent: false, headers });
    sent.on('response', (response) => {
      response.on('error', () => undefined);
      resolve({ sent, response });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function countEvents(bytes: Buffer): number {
  return bytes.toString('latin1').split('data: ').length - 1;
}
