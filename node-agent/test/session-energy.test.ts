// What the energy meter has to do with a job, through a session: it is told of each token, its claim stands in the receipt, and a job that is not
// receipted lets go of it.
import { afterEach, expect, test } from 'vitest';
import { usageReceiptSchema } from '../../schema/receipt.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { UNMETERED } from '../energy/job-share.ts';
import type { ShareFacts } from '../energy/job-share.ts';
import type { Finish } from '../backends/backend.ts';
import { FakeBackend } from './fake-backend.ts';
import { openSession } from './session-bench.ts';
import type { SessionBench } from './session-bench.ts';

let bench: SessionBench | undefined;
afterEach(() => {
  bench?.close();
  bench = undefined;
});

const CLAIM = { microWh: 41_000, lowMicroWh: 36_000, highMicroWh: 46_000, method: 'counter' } as const;
const FACTS = { card: 'RTX 4090', idleW: 68, mostW: 450, method: 'counter', isAwakeForWork: false } as const;

async function openMetered(finish: Partial<Finish> = { reason: 'stop', promptTokens: 12 }) {
  const backend = new FakeBackend(async (_job, sink) => {
    await sink({ text: 'One ', tokens: 1 });
    await sink({ text: 'two.', tokens: 2 });
    return finish;
  });
  const session = await openSession(backend, { windowMs: 0, isWelcomed: false });
  bench = session;
  const heard: (string | number | ShareFacts)[] = [];
  const share = {
    noteTokens: (count: number) => void heard.push(count),
    claim: (promptTokens: number) => {
      heard.push(`claim ${promptTokens}`);
      return CLAIM;
    },
    end: () => void heard.push('end'),
  };
  const meter = {
    begin: (_: unknown, facts: ShareFacts) => {
      heard.push(facts);
      return share;
    },
    facts: () => FACTS,
  };
  Object.assign(session.shared, { meter });
  session.welcome();
  return { ...session, heard };
}

test('the meter hears of each piece’s tokens, its claim stands in what the hub is told and in the signed receipt, and the offer tells the power', async () => {
  const { give, until, wrote, heard } = await openMetered();
  give(1).sign();
  await until(() => wrote().some(({ receipts }) => receipts !== null));
  const energy = {
    energyMicroWh: 41_000n,
    energyLowMicroWh: 36_000n,
    energyHighMicroWh: 46_000n,
    energyMethod: 1,
  } satisfies Partial<UsageReceipt>;
  const end = wrote().find(({ name }) => name === 'end')?.json as { work: object };
  expect(usageReceiptSchema.partial().parse(end.work)).toMatchObject(energy);
  await until(() => heard.includes('end'));
  expect(heard).toEqual([{ promptTokens: 100, promptTokensPerS: 2000 }, 1, 2, 'claim 12', 'end']);
  expect(wrote().find(({ name }) => name === 'state')?.json).toMatchObject({ power: FACTS });
});

test('a job that is not receipted claims nothing and lets go of the meter', async () => {
  const { session, give, until, heard } = await openMetered();
  give(1);
  await until(() => heard.includes(2));
  session.end();
  await until(() => heard.includes('end'));
  expect(heard.filter((one) => typeof one === 'string' && one.startsWith('claim'))).toEqual([]);
});

test('a home without a meter says nothing of its power, and its receipts that energy is unknown', async () => {
  const backend = new FakeBackend(async (_job, sink) => {
    await sink({ text: 'One', tokens: 1 });
  });
  bench = await openSession(backend, { windowMs: 0 });
  const { give, until, wrote } = bench;
  give(1).sign();
  await until(() => wrote().some(({ name }) => name === 'end'));
  expect(wrote().find(({ name }) => name === 'end')?.json).toMatchObject({
    work: { energyMethod: 0, energyMicroWh: '0' },
  });
  expect(wrote().find(({ name }) => name === 'state')?.json).not.toHaveProperty('power');
  expect(UNMETERED.claim(1).method).toBe('unknown');
});
