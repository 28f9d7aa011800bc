// What every whole-agent test stands on: a hub, a model server, a state folder and one agent process, fresh for each test.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import { dropStateFolder, killAgent, makeStateFolder, startAgent } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';
import { startModelServer } from '../../router/test/model-server.ts';
import type { ModelServer } from '../../router/test/model-server.ts';
import { CODE, TestHub } from './test-hub.ts';
import { readWaitingReceipts } from './waiting-receipts.ts';

export class AgentBench {
  #hub: TestHub | undefined;
  #model: ModelServer | undefined;
  #state = '';
  #agent: AgentProcess | undefined;
  /** Variables that its agents get beside those of the tests. */
  env: Readonly<Record<string, string>> = {};

  get hub(): TestHub {
    return need(this.#hub);
  }

  set hub(hub: TestHub) {
    this.#hub = hub;
  }

  get model(): ModelServer {
    return need(this.#model);
  }

  get state(): string {
    return this.#state;
  }

  get agent(): AgentProcess {
    return need(this.#agent);
  }

  async open(): Promise<void> {
    this.#hub = await TestHub.start();
    this.#model = await startModelServer();
    this.#state = makeStateFolder();
    this.env = {};
  }

  async close(): Promise<void> {
    await killAgent(this.#agent);
    this.#agent = undefined;
    await this.#hub?.stop();
    await this.#model?.stop();
    dropStateFolder(this.#state);
  }

  /** Starts the agent with exactly these words. */
  start(...args: string[]): AgentProcess {
    this.#agent = startAgent(args, this.env);
    return this.#agent;
  }

  /** `up` with the code and the test's model server. */
  up(...more: string[]): AgentProcess {
    const { hub, model, state } = this;
    const models = 'say-*';
    return this.start(
      'up',
      '--router',
      hub.url,
      '--code',
      CODE,
      '--state',
      state,
      '--backend',
      model.url,
      '--models',
      models,
      '--slots',
      '4',
      ...more,
    );
  }

  /** `up`, and the hub knows what it offers. */
  async upAndReady(...more: string[]): Promise<AgentProcess> {
    const agent = this.up(...more);
    await this.hub.waitReady();
    return agent;
  }

  async kill(): Promise<void> {
    await killAgent(this.#agent);
  }

  /** Receipts without an answer, by the log of the state folder. */
  waiting(): number {
    return readWaitingReceipts(this.#state).length;
  }

  async untilAnswered(): Promise<void> {
    await this.until(() => this.waiting() === 0);
  }

  async until(holds: () => unknown, limitMs = 90_000): Promise<void> {
    for (const end = Date.now() + limitMs; !holds();) {
      if (Date.now() > end) throw new Error(`it never held: ${holds.toString()}\n${this.#agent?.output() ?? ''}`);
      await sleep(10);
    }
  }
}

/** A bench that is opened before each test of the file and closed after it. */
export function useBench(): AgentBench {
  const bench = new AgentBench();
  beforeEach(() => bench.open());
  afterEach(() => bench.close());
  return bench;
}

/** Resident memory of a process, in bytes; 0 where there is no /proc. */
export function residentBytes({ child }: AgentProcess): number {
  const file = `/proc/${child.pid}/status`;
  const [, kilobytes = '0'] = (existsSync(file) && /VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))) || [];
  return Number(kilobytes) * 1024;
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the bench is not open');
  return value;
}
