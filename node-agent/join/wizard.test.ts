// The whole walk with an owner who is played, and a world that is made up: what is asked, what is told, and where the next start goes on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ok } from '../../schema/result.ts';
import { OLLAMA, PLAYED_ROUTER, PlayedOwner, TOOLED, World } from '../test/played-joining.ts';
import { JoinFile } from './join-file.ts';
import { joinWithout } from './unattended.ts';
import type { WizardDoors } from './wizard-doors.ts';
import { runWizard } from './wizard.ts';

const CODE_A = 'enr_AAAA-AAAA-AAAA-AAAA-AAAA';
const CODE_B = 'enr_BBBB-BBBB-BBBB-BBBB-BBBB';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-join-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** One start of the program, by an owner who answers so. */
async function walk(world: World, answers: readonly string[], change: Partial<WizardDoors> = {}) {
  const owner = new PlayedOwner(answers);
  const end = await runWizard(await world.doors(owner, change));
  return { owner, end };
}

describe('joining', () => {
  test('goes from nothing to a signed test job in three key presses, and shares nothing unasked', async () => {
    const world = new World(folder);
    const { owner, end } = await walk(world, ['0', 'yes']);
    expect(end.kind).toBe('online');
    expect(owner.presses).toBeLessThanOrEqual(6);
    expect(world.config).toEqual({
      router: PLAYED_ROUTER,
      backends: [OLLAMA.url],
      models: ['llama3:8b'],
      gguf: null,
      name: 'Tower',
    });
    expect(world.spent).toEqual(['enr_granted']);
    for (const told of [
      'irori.example · 24 ms',
      'can lend 9.9 GB',
      'Ollama 0.9.1',
      'not shared: it runs tools',
      'cloud',
      'WXYZ-0001',
      'Linked   to account acct_1',
      'first token 0.31 s · 62 tokens/s',
      'receipt signed',
      'Online   as Tower',
    ])
      expect(owner.text).toContain(told);
  });

  test('each model stands there with its verdict, its pay and its calls, and what cannot run cannot be ticked', async () => {
    const { owner } = await walk(new World(folder), []);
    expect(owner.asked[0]?.split('\n')).toEqual([
      'Which models do you share? Space ticks, Enter goes on',
      '+ llama3:8b            OK ~65 tok/s      pays 0.6/M · 12 calls/h',
      '+ own:1b               OK ~260 tok/s     only you can call it',
      '- huge:70b             cannot',
    ]);
    expect(owner.text).toMatch(/huge:70b: needs 7\d\.\d GB, here is room for 25\.9 GB\. Try one of/);
  });

  test('left at any step, the next start goes on there', async () => {
    const world = new World(folder);
    const first = await walk(world, []);
    expect(first.end.kind).toBe('left');
    expect(first.owner.text).toContain('Nothing is lost');
    world.grants = Array.from({ length: 40 }, () => 'authorization_pending');
    const second = await walk(world, ['0', '@leave']);
    expect(second.end.kind).toBe('left');
    const third = await walk(world, []);
    expect(third.owner.asked[0]).toContain('Lends when idle');
    expect(third.owner.text).toContain('WXYZ-0001');
    expect(world.links).toBe(1);
    world.testFault = 'nothing came';
    const fourth = await walk(world, ['yes']);
    expect(fourth.owner.asked.at(-1)).toContain('What now?');
    expect(world.stopped).toBe(1);
    expect(world.spent).toEqual(['enr_granted']);
    world.testFault = null;
    const fifth = await walk(world, []);
    expect([fifth.end.kind, fifth.owner.asked]).toEqual(['online', []]);
    expect(world.spent).toEqual(['enr_granted', null]);
    const last = await walk(world, []);
    expect([last.end.kind, last.owner.asked]).toEqual(['online', []]);
  });

  test.each([
    ['access_denied', 'The request was denied on the page.'],
    ['expired_token', 'The code has expired before anybody approved it.'],
  ])('%s ends in one sentence, and a key brings a new code', async (code, sentence) => {
    const world = new World(folder);
    world.grants = [code];
    const { owner, end } = await walk(world, ['0', 'n', 'yes']);
    expect(end.kind).toBe('online');
    expect(owner.told.filter((told) => told === sentence)).toHaveLength(1);
    expect([world.links, owner.text.includes('WXYZ-0002')]).toEqual([2, true]);
    rmSync(folder, { recursive: true });
    const left = new World(folder);
    left.grants = [code];
    expect((await walk(left, ['0'])).end.kind).toBe('left');
    expect((await JoinFile.open(folder)).progress.link).toBeNull();
  });

  test('a code that nobody approves expires by this machine’s clock too, and a slower router is asked less often', async () => {
    const world = new World(folder);
    world.grants = ['slow_down', ...Array.from({ length: 200 }, () => 'authorization_pending')];
    const { owner } = await walk(world, ['0']);
    expect(owner.told).toContain('The code has expired before anybody approved it.');
    expect(201 - world.grants.length).toBeLessThanOrEqual(61);
  });

  test('n brings a new code while one waits, c takes a typed one, a makes an account whose key is shown once', async () => {
    const world = new World(folder);
    const pending = Array.from({ length: 9 }, () => 'authorization_pending');
    world.grants = [...pending];
    expect((await walk(world, ['0', '@n', '@c', ' aaaa aaaa aaaa aaaa aaaa ', 'yes'])).end.kind).toBe('online');
    expect([world.links, world.spent]).toEqual([2, [CODE_A]]);
    rmSync(folder, { recursive: true });
    const other = new World(folder);
    const { owner } = await walk(other, ['0', '@a', 'yes']);
    expect(owner.told.filter((told) => told.includes('sk_shown_once'))).toHaveLength(1);
    expect(owner.told.filter((told) => told.includes('WXYZ-0001 '))).toHaveLength(1);
    expect(other.spent).toEqual(['enr_granted']);
  });

  test('a router without links asks for an enrolment code, and one that is refused leads back to the link', async () => {
    const world = new World(folder);
    world.hasLinks = false;
    world.badCodes = [CODE_A];
    const { owner, end } = await walk(world, ['0', CODE_A, 'yes', CODE_B]);
    expect(end.kind).toBe('online');
    expect(owner.text).toContain('The router did not take the code.');
    expect(world.spent).toEqual([CODE_A, CODE_B]);
  });

  test('without a server the demo model, another look or an address are offered', async () => {
    const world = new World(folder);
    world.servers = [];
    const { owner } = await walk(world, ['again', 'address', 'http://127.0.0.1:9999', '0', 'yes']);
    expect(owner.asked[0]).toBe('What do you share? nano|again|address');
    expect(world.config['backends']).toEqual(['http://127.0.0.1:9999']);
    rmSync(folder, { recursive: true });
    const toy = new World(folder);
    toy.servers = [];
    expect((await walk(toy, ['nano', 'yes'])).end.kind).toBe('online');
    expect(toy.config).toMatchObject({ backends: null, models: null });
  });

  test('a network that does not answer is told, and another address may be given', async () => {
    const world = new World(folder);
    const sights: string[] = [];
    const { router } = await world.doors(new PlayedOwner([]));
    const sight = async (origin: string) => {
      sights.push(origin);
      return { origin, latencyMs: sights.length < 3 ? null : 5, fault: 'ECONNREFUSED' };
    };
    const { owner } = await walk(world, ['again', 'other', 'https://b.example', '0', 'yes'], {
      router: { ...router, sight },
    });
    expect(sights).toEqual([PLAYED_ROUTER, PLAYED_ROUTER, 'https://b.example']);
    expect(owner.text).toContain('does not answer: ECONNREFUSED');
  });

  test('a failed test job is told and can be tried again or gone on without', async () => {
    const world = new World(folder);
    world.testFault = 'No slot was free.';
    const { owner, end } = await walk(world, ['0', 'yes', 'again', 'on']);
    expect(owner.told.filter((told) => told === 'No slot was free.')).toHaveLength(2);
    expect(end.kind).toBe('online');
  });

  test('yes to a start at login stops this agent before the service starts its own', async () => {
    const world = new World(folder);
    const startAtLogin = async () => ok(`stopped before: ${world.stopped}`);
    const { owner, end } = await walk(world, ['0', 'yes', 'yes'], { startAtLogin });
    expect(owner.text).toContain('stopped before: 1');
    expect(end).toEqual({ kind: 'online', agent: null });
  });
});

describe('joining without a person', () => {
  test('shares what can run here, and takes the code', async () => {
    const world = new World(folder);
    const doors = await world.doors(new PlayedOwner([]));
    const ready = await joinWithout({ ...doors, given: { ...doors.given, code: 'enr_fleet' } });
    expect(ready).toEqual({ ok: true, value: { origin: PLAYED_ROUTER, code: 'enr_fleet', isRunning: false } });
    expect(world.config).toMatchObject({ backends: [OLLAMA.url], models: ['llama3:8b', 'own:1b'], name: 'tower' });
  });

  test('says in a sentence what is missing', async () => {
    const world = new World(folder);
    const doors = await world.doors(new PlayedOwner([]));
    expect(await joinWithout(doors)).toMatchObject({ ok: false, error: expect.stringContaining('--code CODE') });
    const noRouter = { ...doors, given: { ...doors.given, router: null, code: 'c' } };
    const away = { ...doors.router, sight: async (origin: string) => ({ origin, latencyMs: null, fault: 'x' }) };
    expect(await joinWithout({ ...noRouter, router: away })).toEqual({
      ok: false,
      error: 'Which network? Name it with --router URL.',
    });
  });

  test('without a server the demo model is shared, and named servers that cannot be shared are an error', async () => {
    const world = new World(folder);
    world.servers = [];
    const doors = await world.doors(new PlayedOwner([]));
    const given = { ...doors.given, code: 'c' };
    expect((await joinWithout({ ...doors, given })).ok).toBe(true);
    expect(world.config).toMatchObject({ backends: null, models: null });
    await doors.file.drop();
    const lookAtServer = async () => TOOLED;
    expect(await joinWithout({ ...doors, lookAtServer, given: { ...given, backends: [TOOLED.url] } })).toMatchObject({
      ok: false,
      error: expect.stringContaining('None of the servers'),
    });
  });
});
