// A home with a full day behind it, for tests of the page: what its desk says without an agent and a network.
import { ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { pickWords } from '../../schema/verify/pick-words.ts';
import type { PageAction, PageDesk } from '../dashboard/page-desk.ts';
import type { ActionView, EarningsView, PageView, RulesView, WhyView } from '../dashboard/page-view.ts';

const MIN = 60_000;
const DAY = 86_400_000;
const GB = 1024 ** 3;

export class SampleDesk implements PageDesk {
  readonly actions: PageAction[] = [];
  readonly #now: () => number;
  readonly #change: Partial<PageView>;

  constructor(now: () => number, change: Partial<PageView> = {}) {
    this.#now = now;
    this.#change = change;
  }

  view(): Promise<PageView> {
    return Promise.resolve({ ...sampleView(this.#now()), ...this.#change });
  }

  earnings(days: number): Promise<Result<EarningsView, string>> {
    return Promise.resolve(ok(sampleEarnings(this.#now(), days)));
  }

  earningsCsv(): Promise<Result<string, string>> {
    return Promise.resolve(ok('job,part\r\njob_1,0\r\n'));
  }

  why(): Promise<WhyView> {
    return Promise.resolve(sampleWhy(this.#now()));
  }

  forecast(): ReturnType<PageDesk['forecast']> {
    const models = [{ name: 'llama3.2:3b', lowMicroDay: 820_000, highMicroDay: 2_400_000, days: 21 }];
    const settings = { kwhPrice: 0.32, currency: 'EUR', creditPrice: 0.9 };
    return Promise.resolve({ isEnough: true, models, whDay: 1840, settings, problem: null });
  }

  homes(): ReturnType<PageDesk['homes']> {
    const base = {
      sinceAt: iso(this.#now() - DAY),
      lastSeenAt: null,
      detail: null,
      models: ['llama3.2:3b'],
      slots: 4,
      running: 1,
      jobsToday: 41,
      earnedTodayMicro: 1_312_400,
      earned30Micro: 28_410_077,
      earnedDaysMicro: Array.from({ length: 30 }, (_, i) => ((i * 7) % 11) * 31_200),
      version: '0.1.0',
    };
    const homes = [
      { ...base, id: 'node_01jd3x9kq', name: 'Workshop', isThis: true, isOnline: true, word: 'busy' },
      {
        ...base,
        id: 'node_01jd3x9kr',
        name: 'Living room',
        isThis: false,
        isOnline: true,
        word: 'gpu-in-use',
        earned30Micro: 9_120_000,
      },
      {
        ...base,
        id: 'node_01jd3x9ks',
        name: null,
        isThis: false,
        isOnline: false,
        word: null,
        lastSeenAt: iso(this.#now() - 3 * DAY),
        earned30Micro: null,
        earnedDaysMicro: null,
      },
    ];
    return Promise.resolve({ homes, problem: null });
  }

  receipt(): Promise<Result<string, string>> {
    return Promise.resolve(ok('{"object":"list","data":[]}'));
  }

  verify(_job: string, lang: string): ReturnType<PageDesk['verify']> {
    const words = pickWords(lang);
    const counted = { prompt: 212, output: 407, units: 812 };
    const facts = [
      [words.receipt, `0x${'3f'.repeat(32)}`],
      [
        words.acceptance,
        words.acceptanceTold('0x12…', counted, words.statuses.accepted, { units: 90_812, receipts: 12 }),
      ],
    ] as const;
    return Promise.resolve(ok({ verdict: 'valid', facts }));
  }

  doctor(): ReturnType<PageDesk['doctor']> {
    const checks = [
      { name: 'DNS', outcome: 'good' as const, told: 'irori.example is 203.0.113.7.', remedy: null },
      { name: 'Model server', outcome: 'good' as const, told: 'llama-server answers on 127.0.0.1:8080.', remedy: null },
      {
        name: 'Chosen now',
        outcome: 'bad' as const,
        told: 'The network would not choose this home: it is too slow for what callers ask.',
        remedy: 'Lend a smaller model.',
      },
      { name: 'Receipt', outcome: 'skipped' as const, told: 'Not tried.', remedy: null },
    ];
    return Promise.resolve(ok({ at: iso(this.#now()), checks }));
  }

  logs(): ReturnType<PageDesk['logs']> {
    const lines = [
      {
        at: iso(this.#now() - 4000),
        level: 'info',
        text: 'job job=job_01jd model=llama3.2:3b finish=stop outputTokens=407 durationMs=6100',
      },
      { at: iso(this.#now() - 9000), level: 'warn', text: 'a job was refused code=busy' },
    ];
    return Promise.resolve(ok({ lines }));
  }

  act(action: PageAction): Promise<Result<ActionView, string>> {
    this.actions.push(action);
    const isAsked = action.do === 'leave' && action.confirm === undefined;
    return Promise.resolve(ok({ done: !isAsked, told: null, confirm: isAsked ? 'word' : null }));
  }
}

function sampleView(now: number): PageView {
  return {
    at: iso(now),
    home: {
      name: 'Workshop',
      node: 'node_01jd3x9kq',
      address: `0x${'a7'.repeat(20)}`,
      router: 'https://irori.example',
      hub: 'hub:weur:0',
      version: '0.1.0',
      platform: 'workshop · linux x64 · Node 24.21.0',
      startedAt: iso(now - DAY - 3 * 3_600_000),
      residentBytes: 77_594_624,
    },
    standing: {
      word: 'busy',
      level: 'full',
      sinceAt: iso(now - 4 * MIN),
      untilAt: null,
      problem: null,
      detail: null,
      also: [],
      pausesAfterJob: false,
      idleSinceAt: null,
    },
    slots: 4,
    running: [
      { job: 'job_1', model: 'llama3.2:3b', outputTokens: 412, startedAt: iso(now - 9400), tokensPerS: 61.8 },
      {
        job: 'job_2',
        model: 'qwen3-coder:30b-a3b-q4_K_M',
        outputTokens: 18,
        startedAt: iso(now - 1300),
        tokensPerS: null,
      },
    ],
    today: { jobs: 41, promptTokens: 48_211, outputTokens: 19_870, earnedMicro: 1_312_400 },
    total: { earnedMicro: 28_410_077, receipts: 1204 },
    waiting: { receipts: 2, micro: 1633 },
    cards: [
      {
        name: 'NVIDIA GeForce RTX 4070',
        totalBytes: 12 * GB,
        oursBytes: 6.1 * GB,
        othersBytes: 1.4 * GB,
        reservedBytes: GB,
        utilisation: 0.87,
        temperatureC: 68,
        powerW: 171,
        fan: 0.52,
      },
    ],
    power: { watts: 236, idleW: 61, method: 'counter', todayWh: 412, idleTodayWh: 96 },
    models: [
      {
        name: 'llama3.2:3b',
        digest: 'ab'.repeat(32),
        isShared: true,
        canSwitch: true,
        catalogue: { id: 'llama-3.2-3b-instruct', priceIn: 30_000, priceOut: 60_000, callsPerHour: 38 },
        promptTokensPerS: 2180,
        decodeTokensPerS: 62.4,
        speedIs: 'measured',
        contextTokens: 131_072,
        can: ['tools', 'json'],
        isInMemory: true,
      },
      {
        name: 'qwen3-coder:30b-a3b-q4_K_M',
        digest: 'cd'.repeat(32),
        isShared: true,
        canSwitch: true,
        catalogue: { id: null, priceIn: null, priceOut: null, callsPerHour: null },
        promptTokensPerS: 640,
        decodeTokensPerS: 31,
        speedIs: 'guessed',
        contextTokens: 32_768,
        can: [],
        isInMemory: false,
      },
      {
        name: 'gemma3:12b',
        digest: null,
        isShared: false,
        canSwitch: true,
        catalogue: { id: 'gemma-3-12b-it', priceIn: 80_000, priceOut: 160_000, callsPerHour: null },
        promptTokensPerS: null,
        decodeTokensPerS: null,
        speedIs: null,
        contextTokens: null,
        can: [],
        isInMemory: null,
      },
    ],
    rules: sampleRules(),
    warnings: [],
  };
}

function sampleRules(): RulesView {
  const work = `${'2'.repeat(16)}${'0'.repeat(20)}${'1'.repeat(12)}`;
  const limit = { least: 0, most: 100, step: 1, holds: false, isAlwaysOn: false };
  return {
    week: [work, work, work, work, work, '2'.repeat(48), '2'.repeat(48)],
    apps: ['*/steamapps/common/*', 'blender', 'resolve'],
    openApps: ['blender'],
    limits: [
      { ...limit, key: 'gpuUse', value: 20, unit: '%', usual: 20, signal: 4 },
      { ...limit, key: 'vramFree', value: 1, unit: 'GB', usual: 1, signal: 4.5, step: 0.5, most: 64 },
      { ...limit, key: 'temperature', value: 83, unit: '°C', usual: 83, signal: 84, least: 50, most: 95, holds: true },
      { ...limit, key: 'idle', value: null, unit: 'min', usual: 3, signal: null },
      { ...limit, key: 'battery', value: 1, unit: '', usual: 1, signal: 'mains', least: 1, most: 1 },
      { ...limit, key: 'ecoSlots', value: 50, unit: '%', usual: 50, signal: null, isAlwaysOn: true },
      { ...limit, key: 'traffic', value: 2, unit: 'GB', usual: 2, signal: 0.3, most: 1000, step: 0.5 },
    ],
  };
}

function sampleEarnings(now: number, days: number): EarningsView {
  const byDay = Array.from({ length: days }, (_, i) => {
    const jobs = (i * 7) % 11;
    return {
      day: iso(now - i * DAY).slice(0, 10),
      model: i % 3 === 0 ? 'gemma-3-12b-it' : 'llama-3.2-3b-instruct',
      jobs,
      promptTokens: jobs * 900,
      outputTokens: jobs * 380,
      earnedMicro: jobs * 31_200,
    };
  });
  const jobs = Array.from({ length: 6 }, (_, i) => ({
    job: `job_${i}a`,
    part: 0,
    model: 'llama-3.2-3b-instruct',
    acceptedAt: iso(now - i * 11 * MIN),
    receipt: 1204 - i,
    promptTokens: 212 + i,
    outputTokens: 407 - i * 31,
    signedMicro: 902,
    earnedMicro: i === 3 ? 0 : 812,
    status: i === 3 ? 'unpaid' : 'paid',
    why: i === 3 ? 'the answer broke off' : null,
  }));
  return {
    at: iso(now),
    days,
    machine: {
      id: 'node_01jd3x9kq',
      receipts: 1204,
      earnedMicro: 28_410_077,
      pendingMicro: 1_312_400,
      pendingUntil: iso(now + 5 * 3_600_000),
      heldMicro: 240_000,
      heldWhy: 'held back by the network',
      payableMicro: 24_857_677,
      payableSince: iso(now - 19 * 3_600_000),
      creditedMicro: 2_000_000,
      claimedMicro: 0,
      waitingReceipts: 2,
      waitingMicro: 1633,
      onChain: {
        claimable: '12.400000',
        gasCoins: '0.00007215',
        gasPaidBy: 'the router, for irori-node claim',
        waitUntil: null,
        claims: [
          {
            at: iso(now - 3 * DAY),
            tokens: '4.310000',
            tx: `0x${'ab12'.repeat(16)}`,
            gasCoins: '0.00006801',
            gasPaidBy: 'the router',
            becameCredit: false,
          },
        ],
      },
    },
    byDay,
    jobs,
    isWhole: true,
    own: {
      receipts: 6,
      signedMicro: 5_266_710,
      acceptedMicro: byDay.reduce((sum, { earnedMicro }) => sum + earnedMicro, 0),
      refused: 0,
      waitingReceipts: 2,
      waitingMicro: 1633,
    },
    differences: [{ job: 'job_3a', receipt: '1201', signed: 902, accepted: 0, told: 0, why: 'the answer broke off' }],
    warnings: [],
  };
}

function sampleWhy(now: number): WhyView {
  const end = Math.floor(now / MIN) * MIN + MIN;
  const parts: readonly (readonly [minutes: number, reason: string, text: string | null])[] = [
    [180, 'not-running', null],
    [240, 'schedule', null],
    [35, 'busy', null],
    [12, 'idle', null],
    [88, 'busy', null],
    [190, 'gpu-in-use', null],
    [41, 'busy', null],
    [9, 'temperature', null],
    [130, 'busy', null],
    [22, 'offline', 'Not connected.'],
    [260, 'busy', null],
    [30, 'owner', null],
    [61, 'busy', null],
    [
      22,
      'passed:farther',
      '3 calls for its models came and did not come to this home: the home that took it was closer to the caller.',
    ],
    [120, 'no-demand', 'No call for its models came.'],
  ];
  const start = end - 1440 * MIN;
  let at = start;
  const spans = parts.map(([minutes, reason, text]) => {
    const from = at;
    at += minutes * MIN;
    const models = reason === 'no-demand' ? ['llama3.2:3b', 'qwen3-coder:30b-a3b-q4_K_M'] : null;
    return { from: iso(from), to: iso(at), reason, text, models, modelCount: models?.length ?? null };
  });
  return { at: iso(now), from: iso(start), spans, isFromRouter: true, problem: null };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
