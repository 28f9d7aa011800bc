import { expect, test, vi } from 'vitest';
import { AgentDesk } from './page-desk.ts';
import type { DeskDoors } from './page-desk.ts';

const run = vi.fn(async () => ({ ok: true, value: { exit: 0, output: '' } }));
const ask = vi.fn();

let now = 0;
/** Of the doors only those that are used. */
const desk = (doors: object = {}): AgentDesk =>
  new AgentDesk({ folder: '/home/x', env: {}, own: { run, ask }, now: () => now, ...doors } as unknown as DeskDoors);

test('who leaves is asked again with a word that counts once and for a minute', async () => {
  run.mockClear();
  const one = desk();
  const word = async (): Promise<string> => {
    const answer = await one.act({ do: 'leave' });
    return answer.ok ? (answer.value.confirm ?? '') : '';
  };
  const first = await word();
  expect(await one.act({ do: 'leave', confirm: 'guessed' })).toMatchObject({ ok: false });
  expect(await one.act({ do: 'leave', confirm: first })).toMatchObject({ ok: false });
  const late = await word();
  now += 60_000;
  expect(await one.act({ do: 'leave', confirm: late })).toMatchObject({ ok: false });
  expect(run).not.toHaveBeenCalled();
  expect(await one.act({ do: 'leave', confirm: await word() })).toMatchObject({ ok: true, value: { done: true } });
  expect(run).toHaveBeenCalledWith({ words: ['leave', '--yes', '--state', '/home/x'], env: {} });
});

test('a command that fails is told in its own words, and one that says something strange as such', async () => {
  run.mockResolvedValueOnce({ ok: true, value: { exit: 1, output: 'It could not be told.\n' } });
  expect(await desk().act({ do: 'name', name: 'Workshop' })).toEqual({ ok: false, error: 'It could not be told.' });
  expect(run).toHaveBeenLastCalledWith({ words: ['name', '--json', '--state', '/home/x', '--', 'Workshop'], env: {} });
  ask.mockResolvedValueOnce({ ok: true, value: { findings: 'none' } });
  expect(await desk().doctor()).toMatchObject({ ok: false, error: expect.stringContaining('irori-node doctor') });
  ask.mockResolvedValueOnce({ ok: true, value: {} });
  expect(await desk().act({ do: 'test' })).toMatchObject({
    ok: false,
    error: expect.stringContaining('irori-node test'),
  });
});

test('a pause until a time that is over, and a model that is not here, change nothing', async () => {
  now = Date.UTC(2026, 0, 2);
  const obey = vi.fn();
  const pause = { do: 'pause', when: 'now', forMs: null, untilAt: '2026-01-01T00:00:00.000Z' } as const;
  expect(await desk({ obey }).act(pause)).toEqual({ ok: false, error: 'That time is over.' });
  expect(obey).not.toHaveBeenCalled();
  const shared = { shelf: { known: ['a'] } };
  expect(await desk({ shared }).act({ do: 'share', model: 'b', isShared: true })).toMatchObject({ ok: false });
});
