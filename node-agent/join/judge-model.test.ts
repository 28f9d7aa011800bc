import { describe, expect, test } from 'vitest';
import { countNeeded, judgeModel } from './judge-model.ts';
import type { ModelFacts, Room } from './judge-model.ts';

const GB = 1024 ** 3;
const MODEL: ModelFacts = { sizeBytes: 4.9e9, contextTokens: 8192, isContextGuessed: false, isLoaded: false, slots: 1 };
const ROOM: Room = { cardBytes: 9.9 * GB, memoryBytes: 16 * GB, gpu: { name: 'RTX 4070', memoryBytes: 12 * GB } };

describe('a model', () => {
  test('that fits the card is OK, with a guess at its speed', () => {
    expect(judgeModel(MODEL, ROOM)).toMatchObject({ grade: 'ok', tokensPerS: 65, why: null, remedy: null });
  });

  test('needs its weights, working memory, and context for each answer at once', () => {
    expect(countNeeded(4.9e9, { contextTokens: 8192, slots: 1 })).toBe(4.9e9 + 0.5 * GB + 131_072 * 8192);
    expect(countNeeded(4.9e9, { contextTokens: 8192, slots: 4 })).toBe(4.9e9 + 0.5 * GB + 131_072 * 8192 * 4);
  });

  test('that fits card and memory together is limited, and one for neither cannot run: what fits is named', () => {
    expect(judgeModel({ ...MODEL, sizeBytes: 17e9 }, ROOM)).toMatchObject({
      grade: 'limited',
      why: expect.stringMatching(/^needs 18\.\d GB, the card can lend 9\.9 GB/) as unknown,
      remedy: 'Try one of 14B or less at 4 bits.',
    });
    expect(judgeModel({ ...MODEL, sizeBytes: 40e9 }, ROOM)).toMatchObject({
      grade: 'cannot',
      tokensPerS: null,
      why: expect.stringMatching(/here is room for 25\.9 GB$/) as unknown,
      remedy: 'Try one of 24B or less at 4 bits.',
    });
    expect(judgeModel(MODEL, { cardBytes: 0, memoryBytes: 0.6 * GB, gpu: null })).toMatchObject({
      grade: 'cannot',
      remedy: 'Close programs that hold memory, then look again.',
    });
  });

  test('without a card runs on the processor, slowly where it is large', () => {
    const bare = { ...ROOM, cardBytes: 0, gpu: null };
    expect(judgeModel({ ...MODEL, sizeBytes: 0.4e9 }, bare)).toMatchObject({ grade: 'ok', tokensPerS: 75 });
    expect(judgeModel({ ...MODEL, sizeBytes: 8e9 }, bare)).toMatchObject({
      grade: 'limited',
      why: expect.stringContaining('3.8 tokens a second') as unknown,
    });
  });

  test('in memory has shown that it fits, whatever arithmetic says; a short context is told', () => {
    expect(judgeModel({ ...MODEL, sizeBytes: 40e9, isLoaded: true }, ROOM).grade).not.toBe('cannot');
    expect(judgeModel({ ...MODEL, isLoaded: true, contextTokens: 2048 }, ROOM)).toMatchObject({
      grade: 'limited',
      why: 'context of 2048 tokens, callers often need 4096',
    });
    expect(judgeModel({ ...MODEL, isLoaded: true, contextTokens: 2048, isContextGuessed: true }, ROOM).grade).toBe(
      'ok',
    );
  });

  test('of unknown size, or on a card that does not tell its memory, is not refused', () => {
    expect(judgeModel({ ...MODEL, sizeBytes: null }, ROOM)).toMatchObject({ grade: 'ok', neededBytes: null });
    expect(judgeModel(MODEL, { ...ROOM, cardBytes: null }).grade).toBe('ok');
  });
});
