// What measures the answer of a part, by the kind of its job.
import type { JobOffer } from '../../schema/offer.ts';
import { AnswerMeter } from './answer-meter.ts';
import type { Meter } from './answer-meter.ts';
import { VectorMeter } from './vector-meter.ts';

export function makeMeter(offer: JobOffer): Meter {
  const { request } = offer;
  return request.kind === 'embedding' ? new VectorMeter(offer, request) : new AnswerMeter(offer);
}
