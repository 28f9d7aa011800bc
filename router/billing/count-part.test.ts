import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeCharge, splitCharge } from '../../schema/prices.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { findTokenizer } from './tokenizers.ts';
import { countPrompt, decidePart } from './count-part.ts';
import type { CountInput } from './count-part.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { CHAT_REQUEST, makeJobOffer } from '../test/make-job-offer.ts';
import { measureAnswer } from '../test/measure-answer.ts';

const price = { priceIn: 1_000_000, priceOut: 2_000_000 };
const nano = findTokenizer('nano')!;
const messages = [{ role: 'user' as const, content: 'Tell me of the sunken hearth.' }];
const prompt = countPrompt({ messages } as never, { tokenizer: 'nano', minBytesPerToken: 1 });

/** An offer of the built-in model's tokenizer; one that goes on after `before` as its edge makes it. */
function offerOf(before: string | null, facts: Partial<JobOffer> = {}): JobOffer {
  const count = before === null ? 0 : nano.countText(before);
  const resume =
    before === null ? null : ({ text: before, tokenIds: null, count, digest: '', least: 'exact' } as const);
  return makeJobOffer({
    ...price,
    tokenizer: 'nano',
    promptBound: prompt.bound + count,
    promptExact: prompt.exact! + count,
    request: { ...CHAT_REQUEST, messages, maxTokens: 10_000 },
    chargePrompt: before === null,
    resume,
    ...facts,
  });
}

function inputOf(offer: JobOffer, text: string, facts: Partial<CountInput> = {}): CountInput {
  return {
    offer,
    outcome: 'complete',
    frameTokens: text.length,
    frameThinkingTokens: 0,
    lateTokens: 0,
    content: measureAnswer(offer, text),
    receipt: null,
    ...facts,
  };
}

function receiptOf(promptTokens: number, outputTokens: number): UsageReceipt {
  return { promptTokens, outputTokens } as UsageReceipt;
}

describe('a part that goes on, with its tokenizer known', () => {
  const before = 'Once upon a time there was a hear';
  const text = 'th in the middle of a Japanese home.';

  test('charges the answer so far as prompt as far as nobody has been paid for it', () => {
    const [whole, count] = [prompt.exact!, nano.countText(before)!];
    for (const resumePaid of [0, 3, count, count + 50]) {
      const decided = decidePart(inputOf(offerOf(before, { chargePrompt: true, resumePaid }), text));
      const paid = Math.min(resumePaid, count);
      expect(decided).toMatchObject({ promptTokens: whole + count, resumedTokens: paid });
      const asked = { promptTokens: whole + count - paid, outputTokens: decided.outputTokens };
      expect(decided.charge).toBe(computeCharge(price, asked));
    }
  });

  test('prefilled the prompt and the answer so far, and earns both; the caller pays the output only', () => {
    const decided = decidePart(inputOf(offerOf(before), text));
    const grown = nano.countText(before + text)! - nano.countText(before)!;
    const prefilled = prompt.exact! + nano.countText(before)!;
    expect(decided).toMatchObject({
      promptTokens: prefilled,
      outputTokens: grown,
      charge: grown * 2,
      difference: null,
    });
    const worth = prefilled + grown * 2;
    expect(decided.earn).toBe(splitCharge(worth).earn);
    expect(decided.resumedTokens).toBe(nano.countText(before));
  });

  test('an honest home’s count that differs at the seam is no difference', () => {
    const prefilled = prompt.exact! + nano.countText(before)!;
    const decided = decidePart(
      inputOf(offerOf(before), text, { receipt: receiptOf(prefilled, nano.countText(text)!) }),
    );
    expect(decided.difference).toBeNull();
    expect(decided.outputTokens).toBeLessThanOrEqual(nano.countText(before + text)! - nano.countText(before)!);
  });

  test('earlier homes’ inflated counts raise neither the prefill nor what earlier parts may charge', () => {
    const offer = offerOf(before);
    const inflated = { ...offer, resume: { ...offer.resume!, count: offer.resume!.count + 5000 } };
    const raised = { ...inflated, promptBound: offer.promptBound + 5000, promptExact: offer.promptExact! + 5000 };
    const receipt = receiptOf(raised.promptBound, 10);
    const decided = decidePart(inputOf(raised, text, { receipt }));
    expect(decided.promptTokens).toBe(prompt.exact! + nano.countText(before)!);
    expect(decided.resumedTokens).toBe(nano.countText(before));
    expect(decided.difference).toMatchObject({ promptTokens: raised.promptBound });
  });

  test('the parts of an answer have together exactly as many tokens as the whole, wherever it is cut', () => {
    const answer =
      'Über den Kamin: 囲炉裏 is a sunken hearth; it’s 3.14 m² — warm… and well loved by 12,345 people 🔥🔥!';
    const cuts = fc.array(fc.nat(answer.length), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(cuts, (at) => {
        const edges = [0, ...at.toSorted((a, b) => a - b), answer.length];
        let sum = 0;
        for (let i = 0; i + 1 < edges.length; i++) {
          const [from, to] = [edges[i]!, edges[i + 1]!];
          if (!isCleanCut(answer, from) || !isCleanCut(answer, to)) return;
          const offer = offerOf(from === 0 ? null : answer.slice(0, from));
          sum += decidePart(inputOf(offer, answer.slice(from, to))).outputTokens;
        }
        // Tokens may join backwards over a cut: such a part counts none, and the seam is off by no more than that.
        expect(Math.abs(sum - nano.countText(answer)!)).toBeLessThanOrEqual(at.length);
      }),
    );
  });
});

describe('a part that goes on, its tokenizer unknown', () => {
  const before = 'x'.repeat(40);
  const unknown = { tokenizer: null, promptExact: null, promptBound: 100 + 10, minBytesPerToken: 2 };
  const resume = { text: before, tokenIds: null, count: 10, digest: '', least: 'same-model' } as const;

  test('the home’s prefill counts up to the prompt’s bound and the answer so far', () => {
    const offer = offerOf(before, { ...unknown, resume });
    const decide = (claimed: number) =>
      decidePart(inputOf(offer, 'y'.repeat(20), { frameTokens: 8, receipt: receiptOf(claimed, 8) }));
    expect(decide(70)).toMatchObject({
      promptTokens: 70,
      outputTokens: 8,
      charge: 16,
      resumedTokens: 10,
      difference: null,
    });
    expect(decide(500)).toMatchObject({ promptTokens: 110, difference: { promptTokens: 500 } });
  });

  test('a count of the answer so far that its bytes cannot hold is not believed', () => {
    const offer = offerOf(before, { ...unknown, promptBound: 100 + 900, resume: { ...resume, count: 900 } });
    const decided = decidePart(inputOf(offer, 'y', { frameTokens: 1, receipt: receiptOf(1000, 0) }));
    expect(decided).toMatchObject({ promptTokens: 120, resumedTokens: 20 });
  });
});

describe('thinking', () => {
  const contentOf = (offer: JobOffer) => measureAnswer(offer, 'Warm.', 'Let me think of hearths.');
  const unknownOffer = offerOf(null, { tokenizer: null, promptExact: null, promptBound: 100, minBytesPerToken: 1 });

  test('is output like the text, and told apart, where the tokenizer is known', () => {
    const decided = decidePart(
      inputOf(offerOf(null), '', { content: contentOf(offerOf(null)), frameTokens: 900, frameThinkingTokens: 800 }),
    );
    expect(decided).toMatchObject({
      outputTokens: nano.countText('Let me think of hearths.Warm.'),
      thinkingTokens: nano.countText('Let me think of hearths.'),
    });
    expect(decided.charge).toBe(prompt.exact! + 2 * decided.outputTokens);
  });

  test('elsewhere the frames’ counts stand, bounded by the bytes of both', () => {
    const decide = (frameTokens: number, frameThinkingTokens: number) =>
      decidePart(inputOf(unknownOffer, '', { content: contentOf(unknownOffer), frameTokens, frameThinkingTokens }));
    expect(decide(7, 5)).toMatchObject({ outputTokens: 7, thinkingTokens: 5, charge: 14 });
    expect(decide(5000, 4990)).toMatchObject({ outputTokens: 29, thinkingTokens: 24 });
  });

  test('that was not sent is not counted, whatever frames were flagged', () => {
    const plain = inputOf(unknownOffer, 'hello', { frameTokens: 5, frameThinkingTokens: 5 });
    expect(decidePart(plain)).toMatchObject({ outputTokens: 5, thinkingTokens: 0 });
  });

  test('is counted at any length: padding switches nothing off', () => {
    const offer = offerOf(null, { request: { ...CHAT_REQUEST, messages, maxTokens: 200_000 } });
    const [text, thinking] = [' word'.repeat(12_000), ' hm'.repeat(30_000)];
    expect(
      decidePart(inputOf(offer, text, { content: measureAnswer(offer, text, thinking), frameTokens: 9 })),
    ).toMatchObject({
      outputTokens: 12_000 * nano.countText(' word') + 30_000 * nano.countText(' hm'),
      thinkingTokens: 30_000 * nano.countText(' hm'),
    });
  });
});

test('a part that begins the answer says nothing of an answer before it', () => {
  const decided = decidePart(inputOf(offerOf(null), 'hello'));
  expect(decided).toMatchObject({ promptTokens: prompt.exact, outputTokens: nano.countText('hello') });
  expect(decided).not.toHaveProperty('resumedTokens');
});

/** False inside a surrogate pair: agents hold back incomplete characters. */
function isCleanCut(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return !(code >= 0xdc00 && code <= 0xdfff);
}
