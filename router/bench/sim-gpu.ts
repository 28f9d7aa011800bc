// Stands in for the simulator's gpu.mjs: the same GPU, whose jobs the router's side gets to see.
import { currentRun, simulatorFile } from './sim-run.ts';
import type { SimGpu, SimHooks, SimJob, SimNode } from './sim-types.ts';

const { Gpu: PlainGpu } = (await import(simulatorFile('gpu.mjs'))) as {
  Gpu: new (spec: SimNode, hooks: SimHooks) => SimGpu;
};

export class Gpu extends PlainGpu {
  constructor(spec: SimNode, hooks: SimHooks) {
    const { watch } = currentRun();
    super(spec, {
      schedule: hooks.schedule,
      firstToken: (job, gpu, at) => {
        watch.firstToken(job, gpu, at);
        hooks.firstToken(job, gpu, at);
      },
      done: (job, gpu, at) => {
        watch.done(job, gpu, at);
        hooks.done(job, gpu, at);
      },
      lost: (job, gpu, at) => {
        watch.lost(job, gpu, at);
        hooks.lost(job, gpu, at);
      },
    });
  }

  override offer(job: SimJob, now: number): boolean {
    const isTaken = super.offer(job, now);
    const { watch, world } = currentRun();
    if (isTaken) watch.arrived(job, this, now);
    else if (!this.online) watch.unanswered(this, now, world.cfg['detect'] ?? 0);
    return isTaken;
  }
}
