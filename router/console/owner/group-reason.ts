// Whose doing a minute without work was, by the code that its hub counts it with: how a day's picture is coloured. Pure.
import type { PauseReason } from '../../../schema/frames-to-hub.ts';
import type { Fill } from '../../look/hours-chart.tsx';

/** Pauses that the owner wished for, or that keep the machine free for its people; the others are for the machine's own sake. */
const YOURS: ReadonlySet<string> = new Set<PauseReason>([
  'owner',
  'schedule',
  'user-active',
  'exclusive-app',
  'gpu-in-use',
  'job-limit',
  'traffic',
  'power-cap',
]);

export function groupReason(code: string): Fill {
  if (code === 'job') return 'work';
  if (code === 'offline' || code === 'unseen') return 'none';
  if (code === 'cooling' || code === 'quiet:no-model' || code === 'paused:backend-down') return 'fault';
  if (code.startsWith('paused:')) return YOURS.has(code.slice('paused:'.length)) ? 'yours' : 'machine';
  return 'ready';
}
