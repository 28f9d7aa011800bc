// Joining with an owner who is played and a world that is made up: time passes only by waiting.
import { err, ok } from '../../schema/result.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { FoundServer } from '../join/found-server.ts';
import { JoinFile } from '../join/join-file.ts';
import type { Choice, JoinTerminal } from '../join/join-terminal.ts';
import type { WizardDoors } from '../join/wizard-doors.ts';

const GB = 1024 ** 3;
export const PLAYED_ROUTER = 'https://irori.example';

/** Answers what it is told to, in this order; then it leaves. `@x` presses a key while a code waits. */
export class PlayedOwner implements JoinTerminal {
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
    const fault = answer === null ? null : check(answer);
    if (fault !== null) throw new Error(fault);
    return answer;
  }
  hearKeys(hear: (key: string) => void): () => void {
    const [next] = this.#answers;
    if (next?.startsWith('@') === true) hear(this.#answers.shift()?.slice(1) ?? '');
    return () => undefined;
  }
}

export const OLLAMA: FoundServer = {
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
export const TOOLED: FoundServer = {
  ...OLLAMA,
  url: 'http://127.0.0.1:8080',
  port: 8080,
  product: 'llama-server',
  models: [],
  leftOut: [],
  refusal: 'it runs tools: start it without --tools',
};

/** A world in which everything goes well, changed by each test. Time passes only by waiting. */
export class World {
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

  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async doors(terminal: JoinTerminal, change: Partial<WizardDoors> = {}): Promise<WizardDoors> {
    const file = await JoinFile.open(this.#folder);
    return {
      terminal,
      file,
      folder: this.#folder,
      given: { router: PLAYED_ROUTER, code: null, backends: null, models: null, name: null, allowLan: false },
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
                servedTo: 'everyone' as const,
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
                servedTo: 'own account only' as const,
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
      reload: async () => undefined,
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
