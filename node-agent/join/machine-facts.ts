// What this machine has, asked once. The one door of joining to the system: systeminformation (loaded here only, it is heavy) and nvidia-smi, each with a
// time limit. What does not answer is not known.
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CardFacts, MachineFacts } from './judge-machine.ts';
import { countServerBytes, readCardTable } from './read-card-table.ts';

const LIMIT_MS = 6000;

/** `folder`: the state folder, or where it will be. Never rejects. */
export async function readMachine(folder: string): Promise<MachineFacts> {
  const [cards, freeDiskBytes, system] = await Promise.all([readCards(), readFreeDisk(folder), readSystem()]);
  return {
    nodeVersion: process.versions.node,
    memoryBytes: totalmem(),
    freeMemoryBytes: system.availableBytes ?? freemem(),
    freeDiskBytes,
    cards: cards.length > 0 ? cards : system.cards,
    isOnBattery: system.isOnBattery,
  };
}

interface SystemFacts {
  readonly cards: readonly CardFacts[];
  readonly availableBytes: number | null;
  readonly isOnBattery: boolean | null;
}

const NOTHING: SystemFacts = { cards: [], availableBytes: null, isOnBattery: null };

/** By systeminformation. Absent in a checkout without development packages. */
async function readSystem(): Promise<SystemFacts> {
  const asked = (async (): Promise<SystemFacts> => {
    const { default: system } = await import('systeminformation');
    const [graphics, memory, battery] = await Promise.all([system.graphics(), system.mem(), system.battery()]);
    return {
      cards: graphics.controllers.flatMap((one) => toCard(one.model, one.vram, one.vendor)),
      availableBytes: memory.available > 0 ? memory.available : null,
      isOnBattery: battery.hasBattery ? !battery.acConnected : false,
    };
  })();
  return within(asked, NOTHING);
}

const MIB = 1024 ** 2;
/** What a virtual machine shows in place of a card. */
const NO_CARD = /basic|virtual|vmware|virtio|qxl|cirrus|bochs|hyper-v|aspeed|matrox|remote/i;

function toCard(name: string, vramMb: number | null, vendor: string): CardFacts[] {
  if (name === '' || NO_CARD.test(name) || NO_CARD.test(vendor)) return [];
  if (/apple/i.test(name) || /apple/i.test(vendor))
    return [{ name, totalBytes: totalmem(), othersBytes: totalmem() - freemem(), isShared: true }];
  // An integrated card's little window says nothing of what a model could have.
  const totalBytes = vramMb !== null && vramMb >= 1024 ? vramMb * MIB : null;
  return totalBytes === null ? [] : [{ name, totalBytes, othersBytes: null, isShared: false }];
}

async function readCards(): Promise<CardFacts[]> {
  const csv = '--format=csv,noheader,nounits';
  const [cards, apps] = await Promise.all([
    ask('nvidia-smi', ['--query-gpu=name,memory.total,memory.used', csv]),
    ask('nvidia-smi', ['--query-compute-apps=process_name,used_memory', csv]),
  ]);
  const lines = readCardTable(cards);
  // Which card a program is on is not told in this table: what servers hold is taken off the fullest.
  let served = countServerBytes(apps);
  return lines.map(({ name, totalBytes, usedBytes }) => {
    const own = Math.min(served, usedBytes ?? 0);
    served -= own;
    return { name, totalBytes, othersBytes: usedBytes === null ? null : usedBytes - own, isShared: false };
  });
}

async function readFreeDisk(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // Told as not known.
    return null;
  }
}

async function within<T>(work: Promise<T>, otherwise: T): Promise<T> {
  const limit = new AbortController();
  const late = sleep(LIMIT_MS, otherwise, { signal: limit.signal }).catch(() => otherwise);
  const found = await Promise.race([work.catch(() => otherwise), late]);
  limit.abort();
  return found;
}

function ask(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: LIMIT_MS, windowsHide: true, maxBuffer: 1024 ** 2 };
    execFile(program, args, options, (error, stdout) => resolve(error ? '' : stdout));
  });
}
