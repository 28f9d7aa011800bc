// The honest callers as the bench holds them: a thread that is started and stopped with each attack.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TrafficData, TrafficOrder, TrafficReport } from './traffic-worker.ts';

export class Traffic {
  readonly #thread: Worker;

  constructor(data: TrafficData) {
    this.#thread = new Worker(new URL('traffic-worker.ts', import.meta.url), { workerData: data });
  }

  /** Callers begin to call; `pids` are the router's processes, whose memory is watched meanwhile. */
  start(pids: readonly number[]): void {
    this.#tell({ do: 'start', pids });
  }

  /** No new calls; resolves when the last has ended. */
  async stop(): Promise<TrafficReport> {
    const [report] = (await this.#told()) as [TrafficReport];
    return report;
  }

  async end(): Promise<void> {
    await this.#thread.terminate();
  }

  #told(): Promise<unknown[]> {
    const told = once(this.#thread, 'message');
    this.#tell({ do: 'stop' });
    return told;
  }

  #tell(order: TrafficOrder): void {
    this.#thread.postMessage(order);
  }
}
