// What the router signs to a home, by random histories of that home's real account: crashes inside of any write, answers nobody heard, parts told twice or again
// in other pieces, epochs that are closed while the clock jumps either way. Whatever happens, no two acceptances contradict each other: that would cost its bond.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AcceptanceJson } from '../../schema/receipt.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import { TIMINGS } from '../../schema/timings.ts';
import { makeNode, makePart, ROUTER_KEY, sealParts, signer } from '../test/workerd/make-settlement.ts';
import { FakeD1, FakeStorage, makeState, readCount, readMigrations } from '../test/workerd/sqlite-objects.ts';
import { makeLedger } from './ledger.ts';
import { NodeAccount } from './node-account.ts';

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(ctx: unknown) {
      this.ctx = ctx;
    }
  },
}));

const RUNS = readCount('HISTORIES', 12);
const EPOCH_SECONDS = 60;
const START = 1_800_000_000_000;

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('accept' as const), parts: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('again' as const), at: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('crash' as const), after: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'evict' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('freeze' as const), ahead: fc.integer({ min: -3, max: 2 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.integer({ min: -200_000, max: 200_000 }) }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

/** Numbers that come again with others, of parts that stand beside those of another ticket in one row. */
const SEEN: Happening[] = [
  { kind: 'crash', after: 0 },
  { kind: 'accept', parts: 2 },
  { kind: 'again', at: 0 },
  { kind: 'accept', parts: 1 },
  { kind: 'again', at: 1 },
  { kind: 'accept', parts: 1 },
  { kind: 'evict' },
  { kind: 'accept', parts: 1 },
];

let runs = 0;

class World {
  readonly #node = makeNode(`histories-${runs++}`);
  readonly #storage = new FakeStorage();
  readonly #ledger = makeLedger(new FakeD1(readMigrations()).door);
  readonly #sent: SettlementJson[][] = [];
  /** Writes until the object dies in the middle of one; null for never. */
  #dieAfter: number | null = null;
  #account = this.#open();
  #seq = 0n;
  #now = START;
  /** All that anybody was told. */
  readonly told: AcceptanceJson[] = [];

  happen(one: Happening): void {
    vi.setSystemTime(this.#now);
    switch (one.kind) {
      case 'accept':
        return this.#accept(this.#makeParts(one.parts));
      case 'again': {
        const sent = this.#sent.flat();
        return this.#accept(sent.slice(one.at % Math.max(1, sent.length)).slice(0, 3));
      }
      case 'crash':
        this.#dieAfter = one.after;
        return this.#accept(this.#makeParts(2));
      case 'evict':
        this.#account = this.#open();
        return undefined;
      case 'freeze':
        try {
          this.#account.freeze(Math.floor(this.#now / 1000 / EPOCH_SECONDS) + one.ahead);
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
        }
        return undefined;
      case 'clock':
        this.#now += one.ms;
    }
  }

  #makeParts(count: number): SettlementJson[] {
    const parts = Array.from({ length: count }, () => makePart(this.#node, { receipt: { seq: (this.#seq += 1n) } }));
    const { settlements } = sealParts(this.#node, parts);
    this.#sent.push(settlements);
    return settlements;
  }

  #accept(settlements: SettlementJson[]): void {
    if (settlements.length === 0) return;
    try {
      const answers = this.#account.acceptAll({ settlements });
      for (const answer of answers) if (answer?.acceptance) this.told.push(answer.acceptance);
    } catch (error) {
      if (!(error instanceof Dead)) throw error;
      this.#account = this.#open();
    }
    this.#dieAfter = null;
  }

  #open(): NodeAccount {
    this.#dieAfter = null;
    const state = makeState(this.#node.id, this.#storage);
    const { sql, ...rest } = state.storage;
    const exec = (query: string, ...values: unknown[]) => {
      if (this.#dieAfter !== null && this.#dieAfter-- === 0) throw new Dead();
      return sql.exec(query, ...values);
    };
    const storage = { ...rest, sql: { ...sql, exec } };
    const doors = {
      signer,
      domain: PLACEHOLDER_DOMAIN,
      routerKey: ROUTER_KEY,
      routers: [addressOfPrivateKey(ROUTER_KEY)],
      traceWaitMs: TIMINGS.traceWaitMs,
      ledger: this.#ledger,
      findFlushes: async () => [],
      sendTransfer: async () => ({ isTaken: true }) as never,
      readStanding: async () => null,
      epochSeconds: EPOCH_SECONDS,
      hasChain: false,
      holdsOther: async () => false,
    };
    return new NodeAccount({ ...state, storage } as unknown as DurableObjectState, {}, doors);
  }
}

class Dead extends Error {}

/** `before`: one that has the same count, or the last with a lesser one. */
function findContradiction(before: AcceptanceJson | undefined, later: AcceptanceJson): object[] {
  if (!before) return [];
  const isSame = JSON.stringify(before) === JSON.stringify(later);
  const isFallen = BigInt(later.cumulativeAmount) < BigInt(before.cumulativeAmount) || later.epoch < before.epoch;
  return (before.count === later.count && !isSame) || isFallen ? [{ before, later }] : [];
}

test('no two acceptances of one home contradict each other, whatever crashes and clocks do', () => {
  const property = fc.property(fc.array(happening, { minLength: 5, maxLength: 30 }), (all) => {
    const world = new World();
    for (const one of all) world.happen(one);
    const told = world.told.toSorted((a, b) => Number(a.count) - Number(b.count));
    expect(told.slice(1).flatMap((later, i) => findContradiction(told[i], later))).toEqual([]);
  });
  fc.assert(property, { numRuns: RUNS, examples: [[SEEN]] });
}, 60_000);
