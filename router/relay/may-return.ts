// Whether a home that broke off may go on with the same answer when it is back. Pure.
import type { FailRecord } from '../../schema/records.ts';

/**
 * True where its line or its hub broke, or its owner took the machine: it has failed nothing, and an agent that starts again or dials again is there
 * within seconds. A model server that died, fell silent or answered wrongly is not waited for.
 */
export function mayReturn(code: FailRecord['code']): boolean {
  return code === 'lost' || code === 'preempted';
}
