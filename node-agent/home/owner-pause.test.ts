import { afterEach, describe, expect, test, vi } from 'vitest';
import { OwnerPause } from './owner-pause.ts';
import { PauseBoard } from './pause-board.ts';

describe("the owner's pause", () => {
  function open(): { board: PauseBoard; pause: OwnerPause; told: (string | null)[] } {
    const told: (string | null)[] = [];
    const board = new PauseBoard(() => void told.push(board.reason));
    const handOver = async (): Promise<number> => {
      told.push('handed over');
      return 2;
    };
    return { board, told, pause: new OwnerPause({ board, handOver, now: () => 1000, steady: () => 0 }) };
  }
  afterEach(() => void vi.useRealTimers());

  test('is told before the jobs are handed over, and ends when the owner says so', async () => {
    const { pause, told } = open();
    expect(await pause.obey({ do: 'pause', forMs: null })).toMatchObject({
      paused: 'owner',
      untilAt: null,
      handedOver: 2,
    });
    expect(await pause.obey({ do: 'resume' })).toMatchObject({ paused: null, handedOver: 0 });
    expect(told).toEqual(['owner', 'handed over', null]);
  });

  test('is told by the clock as it stands, and ends when its time is over, also where the clock is set meanwhile', async () => {
    let [wall, steady] = [1000, 0];
    const board = new PauseBoard(() => undefined);
    const pause = new OwnerPause({ board, handOver: async () => 0, now: () => wall, steady: () => steady });
    await pause.obey({ do: 'pause', forMs: 60_000 });
    expect(pause.untilAt).toBe(61_000);
    steady += 10_000;
    wall += 86_400_000;
    expect(pause.untilAt).toBe(1000 + 86_400_000 + 50_000);
    pause.close();
  });

  test('until a time of day ends when the clock on the wall says so, also where the machine slept through its timer', async () => {
    vi.useFakeTimers();
    let wall = 1000;
    const board = new PauseBoard(() => undefined);
    const pause = new OwnerPause({ board, handOver: async () => 0, now: () => wall });
    expect(await pause.obey({ do: 'pause', forMs: null, untilAt: 61_000 })).toMatchObject({ untilAt: 61_000 });
    vi.advanceTimersByTime(60_000);
    expect(board.reason).toBe('owner');
    wall = 61_000;
    pause.check();
    expect(board.reason).toBeNull();
  });

  test('after the jobs hands nothing over, and is kept for the next start until it is over', async () => {
    const kept: unknown[] = [];
    const board = new PauseBoard(() => undefined);
    const letFinish = vi.fn(() => 2);
    const doors = { board, handOver: async () => 9, letFinish, now: () => 1000, steady: () => 0 };
    const pause = new OwnerPause({ ...doors, keep: async (one) => void kept.push(one) });
    const answer = await pause.obey({ do: 'pause', forMs: 5000, when: 'after-job' });
    expect(answer).toMatchObject({ paused: 'owner', handedOver: 0, untilAt: 6000 });
    expect(letFinish).toHaveBeenCalledOnce();
    await pause.obey({ do: 'resume' });
    expect(kept).toEqual([{ untilAt: 6000 }, null]);
  });

  test('is answered once it is kept, and holds before that', async () => {
    const board = new PauseBoard(() => undefined);
    let written = (): void => undefined;
    const writing = new Promise<void>((resolve) => (written = resolve));
    const doors = { board, handOver: async () => 1, now: () => 1000, keep: () => writing };
    const done: string[] = [];
    const answer = new OwnerPause(doors).obey({ do: 'pause', forMs: null }).then(() => done.push('answered'));
    await new Promise(setImmediate);
    expect([board.reason, ...done]).toEqual(['owner']);
    written();
    await answer;
  });

  test.each([
    [{ untilAt: null }, 'owner', null],
    [{ untilAt: 5000 }, 'owner', 5000],
    [{ untilAt: 999 }, null, null],
    [null, null, null],
  ])('a start takes over what the last run kept: %o', (kept, reason, untilAt) => {
    const board = new PauseBoard(() => undefined);
    const pause = new OwnerPause({ board, handOver: async () => 0, now: () => 1000 });
    pause.restore(kept);
    expect([board.reason, pause.untilAt]).toEqual([reason, untilAt]);
    pause.close();
  });

  test('ends by itself after its time; the last word counts', async () => {
    vi.useFakeTimers();
    const { board, pause } = open();
    expect(await pause.obey({ do: 'pause', forMs: 5000 })).toMatchObject({ untilAt: 6000 });
    await pause.obey({ do: 'pause', forMs: 9000 });
    vi.advanceTimersByTime(6000);
    expect([board.reason, pause.untilAt]).toEqual(['owner', 10_000]);
    vi.advanceTimersByTime(3000);
    expect([board.reason, pause.untilAt]).toEqual([null, null]);
    await pause.obey({ do: 'pause', forMs: 5000 });
    pause.close();
    vi.advanceTimersByTime(6000);
    expect(board.reason).toBe('owner');
  });
});
