// The whole walk with an owner who is played, and a world that is made up: what is asked, what is told, and where the next start goes on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { err, ok } from '../../schema/result.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { FoundServer } from './found-server.ts';
import { JoinFile } from './join-file.ts';
import type { Choice, JoinTerminal } from './join-terminal.ts';
import { joinWithout } from './unattended.ts';
import type { WizardDoors } from './wizard-doors.ts';
import { runWizard } from './wizard.ts';

const GB = 1024 ** 3;
const ROUTER = 'https://irori.example';
const CODE_A = 'enr_AAAA-AAAA-AAAA-AAAA-AAAA';
const CODE_B = 'enr_BBBB-BBBB-BBBB-BBBB-BBBB';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'irori-join-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Answers what it is told to, in this order; then it leaves. `@x` presses a key while a code waits. */
class PlayedOwner implements JoinTerminal {
  readonly told: string[] = [];
  readonly asked: string[] = [];
  presses = 0;
  readonly #answers: string[];

  constructor(answers: readonly string[]) {
    this.#answers = [...answers];
  }

  get text(): string {
    return this.told.join('\n');
  }

  open(): void {}
  close(text: string): void {
    this.told.push(text);
  }
  tell(_mark: string, text: string): void {
    this.told.push(text);
  }
  show(lines: readonly string[]): void {
    this.told.push(...lines);
  }
  status(): void {}
  async choose(question: string, choices: readonly Choice[]): Promise<string | null> {
    this.asked.push(`${question} ${choices.map(({ value }) => value).join('|')}`);
    this.presses += 1;
    return this.#answers.shift() ?? null;
  }
  async chooseMany(question: string, choices: readonly Choice[]): Promise<readonly string[] | null> {
    this.asked.push(
      `${question}\n${choices.map(({ label, isOff }) => `${isOff === true ? '-' : '+'} ${label}`).join('\n')}`,
    );
    const answer = this.#answers.shift();
    this.presses += 1 + (answer?.split(',').length ?? 0);
    return answer?.split(',') ?? null;
  }
  async ask(question: string, _example: string, check: (text: string) => string | null): Promise<string | null> {
    this.asked.push(question);
    const answer = this.#answers.shift() ?? null;
    if (answer !== null) expect(check(answer)).toBeNull();
    return answer;
  }
  hearKeys(hear: (key: string) => void): () => void {
    const [next] = this.#answers;
    if (next?.startsWith('@') === true) hear(this.#answers.shift()?.slice(1) ?? '');
    return () => undefined;
  }
}

const OLLAMA: FoundServer = {
  url: 'http://127.0.0.1:11434',
  port: 11434,
  product: 'Ollama',
  version: '0.9.1',
  models: [
    {
      name: 'llama3:8b',
      digest: 'aa',
      sizeBytes: 4.9e9,
      contextTokens: 8192,
      isContextGuessed: false,
      isLoaded: true,
      slots: 1,
    },
    {
      name: 'own:1b',
      digest: 'bb',
      sizeBytes: 1e9,
      contextTokens: 8192,
      isContextGuessed: false,
      isLoaded: false,
      slots: 1,
    },
    {
      name: 'huge:70b',
      digest: 'cc',
      sizeBytes: 80e9,
      contextTokens: 8192,
      isContextGuessed: false,
      isLoaded: false,
      slots: 1,
    },
  ],
  leftOut: [{ name: 'gpt-oss:120b-cloud', why: 'it runs in a cloud, not on this machine' }],
  warnings: [],
  refusal: null,
};
const TOOLED: FoundServer = {
  ...OLLAMA,
  url: 'http://127.0.0.1:8080',
  port: 8080,
  product: 'llama-server',
  models: [],
  leftOut: [],
  refusal: 'it runs tools: start it without --tools',
};

/** A world in which everything goes well, changed by each test. Time passes only by waiting. */
class World {
  at = 1_000_000;
  servers: FoundServer[] = [OLLAMA, TOOLED];
  config: Record<string, unknown> = {};
  account: string | null = null;
  spent: (string | null)[] = [];
  /** What asking for the grant gives, in this order; then the grant. */
  grants: string[] = ['authorization_pending'];
  links = 0;
  receipts = 0;
  running = false;
  stopped = 0;
  /** Codes that the router refuses. */
  badCodes: string[] = [];
  testFault: string | null = null;
  hasLinks = true;
  status: AgentStatus | null = null;

  async doors(terminal: JoinTerminal, change: Partial<WizardDoors> = {}): Promise<WizardDoors> {
    const file = await JoinFile.open(folder);
    return {
      terminal,
      file,
      folder,
      given: { router: ROUTER, code: null, backends: null, models: null, name: null, allowLan: false },
      version: '1',
      hostName: 'tower',
      router: {
        sight: async (origin) => ({ origin, latencyMs: 24, fault: null }),
        askDemand: async () =>
          new Map([
            [
              'llama3:8b',
              {
                name: 'llama3:8b',
                isInCatalogue: true,
                id: 'l',
                priceInMicro: 1,
                priceOutMicro: 600_000,
                callsPerHour: 12,
                homesOnline: 1,
              },
            ],
            [
              'own:1b',
              {
                name: 'own:1b',
                isInCatalogue: false,
                id: null,
                priceInMicro: null,
                priceOutMicro: null,
                callsPerHour: null,
                homesOnline: 0,
              },
            ],
          ]),
        startLink: async (router) => this.#startLink(router),
        askGrant: async () => {
          const code = this.grants.shift();
          if (code !== undefined) return err({ status: 400, code, sentence: code });
          return ok({ code: 'enr_granted', account: 'acct_1', name: 'Tower' });
        },
        signUp: async () => ok({ account: 'acct_2', key: 'sk_shown_once' }),
        approveLink: async () => ok(null),
      },
      now: () => this.at,
      wait: async (ms, signal) => {
        if (signal?.aborted !== true) this.at += ms;
      },
      readMachine: async () => ({
        nodeVersion: '24',
        memoryBytes: 32 * GB,
        freeMemoryBytes: 16 * GB,
        freeDiskBytes: 200 * GB,
        cards: [{ name: 'RTX 4070', totalBytes: 12 * GB, othersBytes: 1.1 * GB, isShared: false }],
        isOnBattery: false,
      }),
      findGpu: async () => ({ name: 'RTX 4070', memoryBytes: 12 * GB }),
      findServers: async () => this.servers,
      lookAtServer: async (url) => ({ ...OLLAMA, url }),
      changeConfig: async (values) => {
        this.config = { ...this.config, ...values };
        return ok(null);
      },
      findAccount: async () => this.account,
      readStatus: async () => this.status,
      isRunning: async () => this.running,
      start: async (code) => this.#start(code),
      test: async () => {
        if (this.testFault !== null) return err(this.testFault);
        this.receipts += 1;
        this.status = this.#tellStatus();
        return ok({ job: 'job_1', model: 'llama3:8b', firstTokenMs: 310, outputTokens: 20, tokensPerS: 62 });
      },
      runtime: { isReady: () => true, install: async () => true },
      listOffers: async () => [],
      hubLack: async () => 'Name a hub: --model-hub URL.',
      takeOffer: async () => err('none'),
      tellRules: () => 'Lends when idle. Like that?',
      startAtLogin: null,
      pageUrl: async () => 'http://127.0.0.1:4770',
      ...change,
    };
  }

  #startLink(router: string) {
    if (!this.hasLinks) return err({ status: 404, code: null, sentence: 'no route' });
    this.links += 1;
    return ok({
      router,
      deviceCode: `d${this.links}`,
      verifier: 'v',
      userCode: `WXYZ-000${this.links}`,
      uri: `${router}/link`,
      uriComplete: `${router}/link?code=WXYZ-000${this.links}`,
      expiresAt: this.at + 600_000,
      intervalMs: 5000,
    });
  }

  #start(code: string | null) {
    this.spent.push(code);
    const stop = async (): Promise<void> => void (this.stopped += 1);
    if (code !== null && this.badCodes.includes(code))
      return ok({ ended: Promise.resolve('The router did not take the code.'), stop });
    this.account = 'acct_1';
    this.status = this.#tellStatus();
    return ok({ ended: new Promise<null>(() => undefined), stop });
  }

  #tellStatus(): AgentStatus {
    const said: Partial<AgentStatus> = {
      startedAt: this.at,
      state: 'connected',
      models: ['llama3:8b'],
      problem: null,
      name: 'Tower',
      answeredReceipts: this.receipts,
      sealedReceipts: { receipt: String(this.receipts), seal: '1' },
    };
    return said as AgentStatus;
  }
}

/** One start of the program, by an owner who answers so. */
async function walk(world: World, answers: readonly string[], change: Partial<WizardDoors> = {}) {
  const owner = new PlayedOwner(answers);
  const end = await runWizard(await world.doors(owner, change));
  return { owner, end };
}

describe('joining', () => {
  test('goes from nothing to a signed test job in three key presses, and shares nothing unasked', async () => {
    const world = new World();
    const { owner, end } = await walk(world, ['0', 'yes']);
    expect(end.kind).toBe('online');
    expect(owner.presses).toBeLessThanOrEqual(6);
    expect(world.config).toEqual({ router: ROUTER, backends: [OLLAMA.url], models: ['llama3:8b'], gguf: null, name: 'Tower' });
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
    const { owner } = await walk(new World(), []);
    expect(owner.asked[0]?.split('\n')).toEqual([
      'Which models do you share? Space ticks, Enter goes on',
      '+ llama3:8b            OK ~65 tok/s      pays 0.6/M · 12 calls/h',
      '+ own:1b               OK ~260 tok/s     only you can call it',
      '- huge:70b             cannot',
    ]);
    expect(owner.text).toMatch(/huge:70b: needs 7\d\.\d GB, here is room for 25\.9 GB\. Try one of/);
  });

  test('left at any step, the next start goes on there', async () => {
    const world = new World();
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
    const world = new World();
    world.grants = [code];
    const { owner, end } = await walk(world, ['0', 'n', 'yes']);
    expect(end.kind).toBe('online');
    expect(owner.told.filter((told) => told === sentence)).toHaveLength(1);
    expect([world.links, owner.text.includes('WXYZ-0002')]).toEqual([2, true]);
  });

  test('a code that nobody approves expires by this machine’s clock too, and a slower router is asked less often', async () => {
    const world = new World();
    world.grants = ['slow_down', ...Array.from({ length: 200 }, () => 'authorization_pending')];
    const { owner } = await walk(world, ['0']);
    expect(owner.told).toContain('The code has expired before anybody approved it.');
    expect(201 - world.grants.length).toBeLessThanOrEqual(61);
  });

  test('n brings a new code while one waits, c takes a typed one, a makes an account whose key is shown once', async () => {
    const world = new World();
    const pending = Array.from({ length: 9 }, () => 'authorization_pending');
    world.grants = [...pending];
    expect((await walk(world, ['0', '@n', '@c', ' aaaa aaaa aaaa aaaa aaaa ', 'yes'])).end.kind).toBe('online');
    expect([world.links, world.spent]).toEqual([2, [CODE_A]]);
    rmSync(folder, { recursive: true });
    const other = new World();
    const { owner } = await walk(other, ['0', '@a', 'yes']);
    expect(owner.told.filter((told) => told.includes('sk_shown_once'))).toHaveLength(1);
    expect(owner.told.filter((told) => told.includes('WXYZ-0001 '))).toHaveLength(1);
    expect(other.spent).toEqual(['enr_granted']);
  });

  test('a router without links asks for an enrolment code, and one that is refused leads back to the link', async () => {
    const world = new World();
    world.hasLinks = false;
    world.badCodes = [CODE_A];
    const { owner, end } = await walk(world, ['0', CODE_A, 'yes', CODE_B]);
    expect(end.kind).toBe('online');
    expect(owner.text).toContain('The router did not take the code.');
    expect(world.spent).toEqual([CODE_A, CODE_B]);
  });

  test('without a server the demo model, another look or an address are offered', async () => {
    const world = new World();
    world.servers = [];
    const { owner } = await walk(world, ['again', 'address', 'http://127.0.0.1:9999', '0', 'yes']);
    expect(owner.asked[0]).toBe('What do you share? nano|again|address');
    expect(world.config['backends']).toEqual(['http://127.0.0.1:9999']);
    rmSync(folder, { recursive: true });
    const toy = new World();
    toy.servers = [];
    expect((await walk(toy, ['nano', 'yes'])).end.kind).toBe('online');
    expect(toy.config).toMatchObject({ backends: null, models: null });
  });

  test('a network that does not answer is told, and another address may be given', async () => {
    const world = new World();
    const sights: string[] = [];
    const { router } = await world.doors(new PlayedOwner([]));
    const sight = async (origin: string) => {
      sights.push(origin);
      return { origin, latencyMs: sights.length < 3 ? null : 5, fault: 'ECONNREFUSED' };
    };
    const { owner } = await walk(world, ['again', 'other', 'https://b.example', '0', 'yes'], {
      router: { ...router, sight },
    });
    expect(sights).toEqual([ROUTER, ROUTER, 'https://b.example']);
    expect(owner.text).toContain('does not answer: ECONNREFUSED');
  });

  test('a failed test job is told and can be tried again or gone on without', async () => {
    const world = new World();
    world.testFault = 'No slot was free.';
    const { owner, end } = await walk(world, ['0', 'yes', 'again', 'on']);
    expect(owner.told.filter((told) => told === 'No slot was free.')).toHaveLength(2);
    expect(end.kind).toBe('online');
  });

  test('yes to a start at login stops this agent before the service starts its own', async () => {
    const world = new World();
    const startAtLogin = async () => ok(`stopped before: ${world.stopped}`);
    const { owner, end } = await walk(world, ['0', 'yes', 'yes'], { startAtLogin });
    expect(owner.text).toContain('stopped before: 1');
    expect(end).toEqual({ kind: 'online', agent: null });
  });
});

describe('joining without a person', () => {
  test('shares what can run here, and takes the code', async () => {
    const world = new World();
    const doors = await world.doors(new PlayedOwner([]));
    const ready = await joinWithout({ ...doors, given: { ...doors.given, code: 'enr_fleet' } });
    expect(ready).toEqual({ ok: true, value: { origin: ROUTER, code: 'enr_fleet', isRunning: false } });
    expect(world.config).toMatchObject({ backends: [OLLAMA.url], models: ['llama3:8b', 'own:1b'] });
  });

  test('says in a sentence what is missing', async () => {
    const world = new World();
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
    const world = new World();
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
