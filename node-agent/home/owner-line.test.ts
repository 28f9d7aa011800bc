import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findSocketPath, lockFolder } from './instance-lock.ts';
import type { FolderLock } from './instance-lock.ts';
import { askAgent, hearOwner } from './owner-line.ts';
import type { OwnerDesk } from './owner-line.ts';

describe("the owner's line", () => {
  let folder = '';
  let lock: FolderLock | null = null;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'irori-line-'));
    lock = await lockIt();
  });
  afterEach(() => {
    lock?.release();
    rmSync(folder, { recursive: true, force: true });
  });
  const answer = { paused: 'owner', untilAt: null, handedOver: 1, tookMs: 12 };
  const never = (): Promise<never> => Promise.reject(new Error('never'));
  const desk: OwnerDesk = {
    pause: never,
    resume: never,
    status: never,
    open: never,
    reload: never,
    stop: never,
    update: never,
  };

  async function lockIt(): Promise<FolderLock> {
    const locked = await lockFolder(folder);
    if (!locked.ok) throw new Error(locked.error.sentence);
    return locked.value;
  }

  test('carries an ask and its answer', async () => {
    const asks: unknown[] = [];
    const pause: OwnerDesk['pause'] = async (ask) => {
      asks.push(ask);
      return answer;
    };
    lock?.serve((peer) => hearOwner(peer, { ...desk, pause }));
    expect(await askAgent(folder, { do: 'pause', forMs: 5 })).toEqual({ kind: 'answered', answer });
    expect(asks).toEqual([{ do: 'pause', forMs: 5, untilAt: null, when: 'now' }]);
  });

  test('tells apart nobody, somebody who does not answer, and one that cannot', async () => {
    expect(await askAgent(join(folder, 'nobody'), { do: 'resume' })).toEqual({ kind: 'none' });
    expect(await askAgent(folder, { do: 'resume' })).toEqual({ kind: 'silent' });
    lock?.serve((peer) => hearOwner(peer, desk));
    expect(await askAgent(folder, { do: 'resume' })).toEqual({ kind: 'silent' });
    expect(await askAgent(folder, { do: 'pause', forMs: -1 })).toEqual({ kind: 'refused' });
  });

  test('an ask that an agent finds when it wakes, after it was frozen, does nothing', async () => {
    let done = 0;
    const resume: OwnerDesk['resume'] = async () => {
      done += 1;
      return answer;
    };
    lock?.serve((peer) => hearOwner(peer, { ...desk, resume }, () => Date.now() + 3_600_000));
    expect(await askAgent(folder, { do: 'resume' })).toEqual({ kind: 'silent' });
    expect(done).toBe(0);
  });

  test.each([
    '{"do":"pause","forMs":1}\n',
    'nonsense\n',
    '{"goodUntil":"soon","ask":{"do":"resume"}}\n',
    'x'.repeat(9000),
  ])('turns away what is no ask: %.20s', async (words) => {
    lock?.serve((peer) => hearOwner(peer, desk));
    const peer = connect(findSocketPath(folder));
    peer.on('error', () => undefined);
    peer.write(words);
    let heard = '';
    peer.on('data', (part: Buffer) => (heard += part.toString()));
    await new Promise<void>((done) => peer.once('close', () => done()));
    expect(heard).toBe('');
  });

  test('the folder is held while the lock is, and free afterwards', async () => {
    expect(await lockFolder(folder)).toMatchObject({ ok: false, error: { isHeld: true } });
    lock?.release();
    lock = await lockIt();
  });

  test('a folder in which nothing can be written is told as that, not as held', async () => {
    const locked = await lockFolder(join(folder, 'missing'));
    expect(locked).toMatchObject({ ok: false, error: { isHeld: false } });
    expect(!locked.ok && locked.error.sentence).toMatch(/agent\.sock \(EACCES|agent\.sock \(ENOENT/);
  });
});
