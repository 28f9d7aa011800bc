// A process of its own that ends while four answers are being made. Run by onnx.test.ts.

import { OnnxBackend } from '../../backends/onnx.ts';
import { makeJob, STORY } from './jobs.ts';

const backend = new OnnxBackend();
let calls = 0;
const sink = (): void => {
  calls += 1;
  if (calls === Number(process.argv[2])) process.exit(7);
};
await Promise.all([1, 2, 3, 4].map(() => backend.run(makeJob(STORY), sink, new AbortController().signal)));
