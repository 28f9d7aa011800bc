import { describe, expect, test } from 'vitest';
import { countLendable, countLendableOf, judgeMachine, worstGrade } from './judge-machine.ts';
import type { MachineFacts, RouterSight } from './judge-machine.ts';

const GB = 1024 ** 3;
const ROUTER: RouterSight = { origin: 'https://irori.example', latencyMs: 24, fault: null };
const MACHINE: MachineFacts = {
  nodeVersion: '24.0.0',
  memoryBytes: 32 * GB,
  freeMemoryBytes: 20 * GB,
  freeDiskBytes: 212 * GB,
  cards: [{ name: 'RTX 4070', totalBytes: 12 * GB, othersBytes: 1.1 * GB, isShared: false }],
  isOnBattery: false,
};

function tell(change: Partial<MachineFacts>, router: Partial<RouterSight> = {}): string[] {
  return judgeMachine({ ...MACHINE, ...change }, { ...ROUTER, ...router }).map(
    ({ grade, what, found, needed }) => `${grade} ${what}: ${found}${needed === null ? '' : ` / ${needed}`}`,
  );
}

describe('a machine', () => {
  test('that has everything is told with what was found, and lends what others and the desktop leave', () => {
    expect(tell({})).toEqual([
      'ok Network: https://irori.example · 24 ms',
      'ok Disk: 212 GB free',
      'ok Memory: 32.0 GB, 20.0 GB free',
      'ok Card: RTX 4070, 12.0 GB: others 1.1 GB, reserved 1.0 GB, can lend 9.9 GB',
    ]);
  });

  test.each<[Partial<MachineFacts>, Partial<RouterSight>, string]>([
    [
      {},
      { latencyMs: null, fault: 'ECONNREFUSED' },
      'cannot Network: https://irori.example does not answer: ECONNREFUSED / an answer',
    ],
    [{}, { latencyMs: 400 }, 'limited Network: https://irori.example · 400 ms / 250 ms or less for quick answers'],
    [{ freeDiskBytes: 20 * 1024 ** 2 }, {}, 'cannot Disk: 20 MB free / 64 MB'],
    [{ freeDiskBytes: 100 * 1024 ** 2 }, {}, 'limited Disk: 100 MB free / 512 MB'],
    [{ freeDiskBytes: null }, {}, 'ok Disk: the system does not tell how much is free'],
    [{ freeMemoryBytes: 0.3 * GB }, {}, 'cannot Memory: 32.0 GB, 307 MB free / 512 MB free'],
    [{ freeMemoryBytes: GB }, {}, 'limited Memory: 32.0 GB, 1.0 GB free / 1.5 GB free'],
    [{ cards: [] }, {}, 'limited Card: no graphics card that can be asked / one with 4 GB or more for quick answers'],
    [{ isOnBattery: true }, {}, 'limited Power: on battery / mains'],
    [
      { cards: [{ name: 'GTX', totalBytes: 4 * GB, othersBytes: 2.5 * GB, isShared: false }] },
      {},
      'limited Card: GTX, 4.0 GB: others 2.5 GB, reserved 1.0 GB, can lend 512 MB / 1.0 GB that it can lend',
    ],
    [
      { cards: [{ name: 'Arc', totalBytes: null, othersBytes: null, isShared: false }] },
      {},
      'ok Card: Arc; its memory is not told',
    ],
  ])('%j %j is told with the number found and the number needed', (machine, router, told) => {
    expect(tell(machine, router)).toContain(told);
  });

  test('whatever is not well says what to do', () => {
    const bad = judgeMachine(
      { ...MACHINE, freeDiskBytes: 0, freeMemoryBytes: 0, cards: [], isOnBattery: true },
      { ...ROUTER, latencyMs: null },
    );
    expect(bad.filter(({ remedy }) => remedy === null)).toEqual([]);
    expect(worstGrade(bad)).toBe('cannot');
    expect(worstGrade(judgeMachine(MACHINE, ROUTER))).toBe('ok');
    expect(worstGrade([{ grade: 'ok' }, { grade: 'limited' }])).toBe('limited');
  });

  test('memory that the processor shares is lent in part only, and unknown memory is not guessed', () => {
    const shared = { name: 'M2', totalBytes: 16 * GB, othersBytes: 4 * GB, isShared: true };
    expect(countLendable(shared)).toBeCloseTo((16 * 0.7 - 4 - 1) * GB);
    expect(countLendableOf({ ...MACHINE, cards: [] })).toBe(0);
    expect(countLendableOf({ ...MACHINE, cards: [{ ...shared, totalBytes: null }] })).toBeNull();
  });
});
