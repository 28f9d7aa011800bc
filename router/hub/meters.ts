// What measures the answer of a part, by the kind of its job.
import type { JobOffer } from '../../schema/offer.ts';
import { AnswerMeter } from './answer-meter.ts';
import type { Meter } from './answer-meter.ts';
import { PictureMeter } from './picture-meter.ts';
import { VectorMeter } from './vector-meter.ts';

export function makeMeter(offer: JobOffer): Meter {
  const { request } = offer;
  switch (request.kind) {
    case 'embedding':
      return new VectorMeter(offer, request);
    case 'image':
      return new PictureMeter(offer, request);
    default:
      return new AnswerMeter(offer);
  }
}
