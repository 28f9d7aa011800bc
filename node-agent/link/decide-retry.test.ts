import { describe, expect, test } from 'vitest';
import { decideRetry } from './decide-retry.ts';
import type { LinkOutcome, RetryPlan } from './decide-retry.ts';

function plan(outcome: LinkOutcome, attempt = 0, random = 0.5, moves = 0): RetryPlan {
  return decideRetry({ outcome, attempt, random, moves });
}

describe('decideRetry', () => {
  test('a hub that moves the node is followed at once, but not in a loop', () => {
    expect(plan({ kind: 'moved' })).toMatchObject({ waitMs: 0 });
    expect(plan({ kind: 'moved' }, 7).waitMs).toBe(0);
    expect(plan({ kind: 'moved' }, 0, 0.5, 2).waitMs).toBe(0);
    expect(plan({ kind: 'moved' }, 0, 0.5, 3).waitMs).toBe(250);
    expect(plan({ kind: 'moved' }, 0, 0.5, 6).waitMs).toBe(2000);
  });

  test('a router that is away is tried again soon, then later', () => {
    expect(plan({ kind: 'network', message: 'refused' })).toMatchObject({ waitMs: 125, isForOwner: false });
    expect(plan({ kind: 'network', message: 'refused' }, 20).waitMs).toBe(15_000);
    expect(plan({ kind: 'closed', closeCode: 1006, reason: '' }).sentence).toContain('1006');
    expect(plan({ kind: 'closed', closeCode: 1001, reason: 'restart' }).sentence).toContain('restart');
    expect(plan({ kind: 'silent', message: 'No answer.' }).sentence).toBe('No answer.');
    expect(plan({ kind: 'unkept', message: 'no space' })).toMatchObject({
      waitMs: 125,
      sentence: 'What the router says of this home cannot be kept: no space. Make room in the state folder.',
    });
  });

  test('an unenrolled or revoked node is told what to do and stays away for long', () => {
    const http = { kind: 'http', status: 401, message: 'm', retryAfterMs: null } as const;
    expect(plan({ ...http, code: 'node_unenrolled' })).toMatchObject({
      waitMs: 30_000,
      isForOwner: true,
      sentence: expect.stringContaining('--code'),
    });
    expect(plan({ ...http, status: 403, code: 'node_revoked' }, 9)).toMatchObject({
      waitMs: 150_000,
      sentence: expect.stringContaining('revoked'),
    });
    expect(plan({ kind: 'closed', closeCode: 4403, reason: 'revoked' })).toMatchObject({
      isForOwner: true,
      sentence: expect.stringContaining('revoked'),
    });
    const frame = { kind: 'error-frame', code: 'node_revoked', message: 'm', retryMs: null, isFinal: true } as const;
    expect(plan(frame).waitMs).toBe(30_000);
  });

  test('a wait that the router names is kept, with some jitter on top, and bounded', () => {
    const http = { kind: 'http', status: 503, code: 'overloaded', message: 'busy' } as const;
    expect(plan({ ...http, retryAfterMs: 8000 })).toMatchObject({ waitMs: 9000, isForOwner: false });
    expect(plan({ ...http, retryAfterMs: 86_400_000 }).waitMs).toBe(337_500);
    expect(plan({ kind: 'error-frame', code: 'bad-hello', message: 'm', retryMs: 10_000, isFinal: false }).waitMs).toBe(
      11_250,
    );
  });

  test('a node that sent too much stays away as long as it is told, or a while by itself, and its owner hears why', () => {
    const told = { kind: 'error-frame', code: 'too-much', message: 'this home sends more than a home may' } as const;
    expect(plan({ ...told, retryMs: 60_000, isFinal: false })).toMatchObject({
      waitMs: expect.toSatisfy((ms: number) => ms >= 60_000),
      isForOwner: true,
      sentence: expect.stringContaining('sends more than a home may'),
    });
    expect(plan({ kind: 'closed', closeCode: 4429, reason: 'too much' })).toMatchObject({
      waitMs: 30_000,
      isForOwner: true,
    });
  });

  test('a node that was replaced stays away for a minute', () => {
    expect(plan({ kind: 'closed', closeCode: 4409, reason: 'replaced' })).toMatchObject({
      waitMs: 60_000,
      isForOwner: true,
    });
  });
});

test('what refuses without a code is no router: the address is doubted, not the node', () => {
  const outcome = { kind: 'http', status: 404, code: null, message: 'HTTP 404', retryAfterMs: null } as const;
  expect(plan(outcome).sentence).toContain('does not answer like an Irori router (HTTP 404)');
});

test('a version that is not spoken and an address that is not the router’s are told as they are, for the owner', () => {
  const refused = (code: string, message: string) =>
    decideRetry({
      outcome: { kind: 'error-frame', code, message, retryMs: null, isFinal: true },
      attempt: 0,
      random: 0,
    });
  const old = refused(
    'protocol-version',
    'the agent speaks version 1 of the protocol, this router 2: update the agent',
  );
  expect(old).toMatchObject({
    isForOwner: true,
    sentence: 'The agent speaks version 1 of the protocol, this router 2: update the agent.',
  });
  expect(refused('other-origin', 'it is https://a.example')).toMatchObject({
    isForOwner: true,
    sentence: expect.stringContaining('https://a.example. Start with --router'),
  });
});
