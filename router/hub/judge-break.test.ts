import { describe, expect, test } from 'vitest';
import { NO_WISH } from '../../schema/placement.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { judgeBreak } from './judge-break.ts';
import type { PartBreak } from './judge-break.ts';

const offer = {
  request: { kind: 'chat' },
  isResumable: false,
  isResumeOff: false,
  stream: true,
  wish: NO_WISH,
  resume: null,
};
const broken: PartBreak = {
  code: 'preempted',
  isNodeFault: false,
  hasToken: true,
  hasThinking: false,
  hasText: true,
  hasCalls: false,
};

function judge(asked: Partial<JobOffer>, facts: Partial<PartBreak> = {}): string {
  return judgeBreak({ ...offer, ...asked } as JobOffer, { ...broken, ...facts }).outcome;
}

describe('a part that breaks off', () => {
  test('before its first token owes nothing, whatever was wished', () => {
    expect(judge({ isResumable: true, isResumeOff: true }, { hasToken: false })).toBe('failed-before-token');
  });

  test('of what is of use only as a whole owes nothing, and is no end of its job: the next home makes all of it', () => {
    for (const kind of ['embedding', 'image'] as const)
      for (const isNodeFault of [true, false])
        expect(judge({ request: { kind } as JobOffer['request'], stream: false }, { isNodeFault })).toBe(
          'failed-before-token',
        );
  });

  test('while another home may go on is interrupted, by whoever broke it', () => {
    expect(judge({ isResumable: true })).toBe('interrupted-by-network');
    expect(judge({ isResumable: true }, { isNodeFault: true, code: 'lost' })).toBe('interrupted-by-node');
  });

  test('with thoughts that no other home has goes on nowhere once text follows them', () => {
    const thinking = { hasThinking: true };
    expect(judge({ isResumable: true }, { ...thinking, hasText: false })).toBe('interrupted-by-network');
    expect(judge({ isResumable: true }, thinking)).toBe('failed-by-network');
  });

  test('in the middle of a call goes on nowhere where its caller reads along, and is begun anew where nobody does', () => {
    const call = { hasCalls: true };
    expect(judge({ isResumable: true }, call)).toBe('failed-by-network');
    expect(judge({ isResumable: true }, { ...call, isNodeFault: true, code: 'lost' })).toBe('failed-by-node');
    expect(judge({ isResumeOff: true }, call)).toBe('cut-off');
    const whole = { isResumable: true, stream: false };
    expect(judge(whole, call)).toBe('failed-before-token');
    expect(judge(whole, { ...call, code: 'slow' })).toBe('failed-by-network');
    expect(judge({ stream: false }, call)).toBe('failed-by-network');
  });

  test('is charged as read where its caller wanted no other home, but not for its home’s own fault', () => {
    expect(judge({ isResumeOff: true })).toBe('cut-off');
    expect(judge({ isResumeOff: true }, { isNodeFault: true, code: 'fault' })).toBe('failed-by-node');
  });

  test('is free where nobody can go on for another reason: the caller did not choose that', () => {
    expect(judge({})).toBe('failed-by-network');
  });

  test('is charged as read when the hour of its job is over, and when a limit that the caller set itself has passed', () => {
    const own = { wish: { ...NO_WISH, maxFirstTokenMs: 2000 } };
    expect(judge({ isResumable: true }, { code: 'expired' })).toBe('cut-off');
    expect(judge({ isResumable: true, ...own }, { code: 'slow' })).toBe('cut-off');
    expect(judge({ isResumable: true }, { code: 'slow' })).toBe('failed-by-network');
  });

  test('is free for a caller who waits for the whole: it has read nothing', () => {
    expect(judge({ isResumeOff: true, stream: false })).toBe('failed-by-network');
    expect(judge({ stream: false }, { code: 'expired' })).toBe('failed-by-network');
  });
});
