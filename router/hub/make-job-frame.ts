// The frame that gives a home a part. Pure.
import { INITIAL_CREDIT_BYTES } from '../../schema/frames.ts';
import type { JobFrameJson } from '../../schema/frames-to-node.ts';
import type { JobOffer } from '../../schema/offer.ts';
import { toMessageJson } from '../../schema/receipt.ts';
import type { JobTicket } from '../../schema/receipt.ts';
import type { Granted } from '../homes/grants.ts';

/** What a home is sent of a part. Token ids go only to a home that goes on with the very same tokens. */
export function makeJobFrame(offer: JobOffer, { model, resumed }: Granted, ticket: JobTicket): JobFrameJson {
  const { request, digests, chunk, stream, resume, isBegun } = offer;
  const tokenIds = resumed === 'exact' && resume?.tokenIds ? { tokenIds: [...resume.tokenIds] } : {};
  return {
    ticket: toMessageJson(ticket),
    // A catalogue model goes by the home's own name for it; an owner's model by the name that was asked (it may match a prefix).
    request: { ...request, model: digests ? model.name : offer.model },
    chunk,
    stream,
    creditBytes: INITIAL_CREDIT_BYTES,
    ...(resume && { resume: { text: resume.text, count: resume.count, ...tokenIds } }),
    ...(isBegun && { isBegun }),
  };
}
