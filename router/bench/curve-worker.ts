// The same jobs in workerd: `/{noble or wasm}/{job's number}/{times}` runs one so often.
import { useCurve } from '../../schema/chosen-curve.ts';
import { NOBLE_CURVE } from '../../schema/noble-curve.ts';
import { openCurve } from '../services/curve.ts';
import { CURVE_JOBS, makeCurveJobs } from './curve-jobs.ts';

const jobs = makeCurveJobs();

function run(name: string, index: number, times: number): void {
  if (name === 'noble') useCurve(() => NOBLE_CURVE);
  else openCurve();
  const job = jobs[CURVE_JOBS[index] ?? 'sign'];
  for (let i = 0; i < times; i++) job.run();
}

// oxlint-disable-next-line import/no-default-export -- what the platform calls
export default {
  fetch: (request: Request) => {
    const [, name = '', index, times] = new URL(request.url).pathname.split('/');
    run(name, Number(index), Number(times));
    return new Response('done');
  },
};
