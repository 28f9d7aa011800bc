import { describe, expect, test } from 'vitest';
import { estimateTokens } from '../../schema/estimate-tokens.ts';
import { mayOverflow, surelyOverflows, wasCut } from './judge-prompt.ts';

const KNOWN = { tokens: 4096, isGuessed: false };
const GUESSED = { tokens: 4096, isGuessed: true };
const JAPANESE = '囲炉裏は日本の家の中にあった火のところで、冬になると家族がそのまわりに集まって話をした。';
const ENGLISH = 'Once upon a time a fox lived in the hills, and every morning it went down to the river to drink. ';
/** About `chars` characters. */
const of = (piece: string, chars: number) => estimateTokens([piece.repeat(Math.ceil(chars / piece.length))]);

describe('before a prompt is sent', () => {
  test('one that fits by any tokenizer is not counted', () => {
    expect(mayOverflow(of(ENGLISH, 6000), KNOWN)).toBe(false);
    expect(mayOverflow(of(JAPANESE, 1500), KNOWN)).toBe(false);
  });

  test('one that may not fit is: 5,000 Japanese characters, 12 kB of English', () => {
    expect(mayOverflow(of(JAPANESE, 5000), KNOWN)).toBe(true);
    expect(mayOverflow(of(ENGLISH, 12_000), KNOWN)).toBe(true);
  });

  test('only what fits by no tokenizer is refused, and never by a context that was not told', () => {
    expect(surelyOverflows(of(ENGLISH, 30_000), KNOWN)).toBe(true);
    expect(surelyOverflows(of(JAPANESE, 30_000), KNOWN)).toBe(true);
    expect(surelyOverflows(of(ENGLISH, 12_000), KNOWN)).toBe(false);
    expect(surelyOverflows(of(ENGLISH, 30_000), GUESSED)).toBe(false);
  });
});

describe('after a server has answered', () => {
  const cut = (chars: number, promptTokens: number, context = KNOWN, piece = ENGLISH, product = 'ollama' as const) =>
    wasCut(product, promptTokens, { estimate: of(piece, chars), context });

  test('Ollama’s half of a context for a longer prompt is a cut', () => {
    expect(cut(20_000, 2050)).toBe(true);
    expect(cut(6000, 2050, KNOWN, JAPANESE)).toBe(true);
  });

  test('a prompt that happens to fill half of the context, or nearly all of it, is none', () => {
    expect(cut(9000, 2050)).toBe(false);
    expect(cut(16_000, 4000)).toBe(false);
    expect(cut(16_000, 4095)).toBe(false);
  });

  test('a prompt that fills the context whole is one: nothing is left for its answer', () => {
    expect(cut(40_000, 4096)).toBe(true);
    expect(cut(40_000, 4095)).toBe(true);
  });

  test('fewer tokens than words is one, of a conversation whose oldest messages were dropped too', () => {
    expect(cut(40_000, 3900)).toBe(true);
    expect(cut(40_000, 2000, GUESSED)).toBe(true);
  });

  test('a count of what was not in a cache is none, nor is one that was not told', () => {
    expect(cut(8000, 12)).toBe(false);
    expect(cut(40_000, 12, GUESSED)).toBe(false);
    expect(cut(40_000, 0)).toBe(false);
  });

  test('servers that refuse aloud are believed', () => {
    expect(wasCut('llama-server', 2050, { estimate: of(ENGLISH, 40_000), context: KNOWN })).toBe(false);
    expect(wasCut('vllm', 2050, { estimate: of(ENGLISH, 40_000), context: KNOWN })).toBe(false);
  });
});
