// What an edge is told of the home that has taken its part, in the headers of the part's answer. Pure.
import type { ChatWishes } from '../../schema/chat-job.ts';
import { SAMPLERS } from '../../schema/needs.ts';
import { CAPACITY_HEADER, CLASS_HEADER, LACKING_HEADER, OWNER_HEADER, VOICE_HEADER } from '../../schema/offer.ts';
import type { Granted } from '../homes/grants.ts';

/** Writes them into `headers`. `samplers`: those that the request sets. */
export function tellGranted(
  headers: Headers,
  {
    ownerAccountId,
    capacity,
    speedClass,
    model,
  }: Pick<Granted, 'ownerAccountId' | 'capacity' | 'speedClass' | 'model'>,
  { hasVoice, samplers = {} }: { readonly hasVoice: boolean; readonly samplers: ChatWishes['samplers'] },
): void {
  headers.set(OWNER_HEADER, ownerAccountId);
  if (hasVoice) headers.set(VOICE_HEADER, '1');
  headers.set(CAPACITY_HEADER, JSON.stringify(capacity));
  headers.set(CLASS_HEADER, speedClass);
  const lacking = SAMPLERS.filter((sampler) => sampler in samplers && !model.samplers?.includes(sampler));
  if (lacking.length > 0) headers.set(LACKING_HEADER, lacking.join(','));
}
