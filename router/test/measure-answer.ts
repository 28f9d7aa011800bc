// What a hub would count of an answer that a home writes in one frame each of thinking and text.
import { makeChunkWriter } from '../../schema/chunks.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { ContentCount } from '../billing/count-part.ts';
import { AnswerMeter } from '../hub/answer-meter.ts';

export function measureAnswer(offer: JobOffer, text: string, thinking = ''): ContentCount {
  const meter = new AnswerMeter(offer);
  const writer = makeChunkWriter(offer.chunk, true);
  const take = (event: string, isThinking: boolean): void => {
    const events = new TextEncoder().encode(event);
    const { kind } = meter.take({ events, tokens: 0, tokenIds: null, isThinking });
    if (kind !== 'relay') throw new Error(`the frame was ${kind}`);
  };
  if (thinking !== '') take(writer.thinking(thinking), true);
  if (text !== '') take(writer.content(text), false);
  return meter.measure();
}
