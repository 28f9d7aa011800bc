// Loaded into an agent whose memory a test measures: at SIGUSR2 it collects its garbage and says what it still holds. What a process occupies tells less:
// it keeps pages of what it has let go, the more of them the less often it had time to collect.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  // A second time for what the first one's finalisers let go.
  collect();
  setImmediate(() => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    console.log(`held bytes ${heapUsed + external}`);
  });
});
