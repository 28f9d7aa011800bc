// An edge's hubs without a network: each answers an offer as it was told to, and what it was asked is remembered.
import { encodeDataRecord, encodeJsonRecord, RECORD } from '../relay/records.ts';
import type { EndRecord, FailRecord } from '../relay/records.ts';
import { JobRun } from '../relay/job-run.ts';
import type { JobOffer, OfferRefusal } from '../relay/offer.ts';

export const END: EndRecord = {
  finish: 'stop',
  promptTokens: 3,
  outputTokens: 2,
  charge: 5,
  ttftMs: 12,
  receiptHash: '0xab',
};

export const headRecord = (node: string): Uint8Array =>
  encodeJsonRecord(RECORD.head, { node, country: 'FR', digest: 'd' });
export const dataRecord = (events: Uint8Array): Uint8Array => encodeDataRecord([events], events.length);
export const endRecord = (end: Partial<EndRecord> = {}): Uint8Array => encodeJsonRecord(RECORD.end, { ...END, ...end });
export const failRecord = (fail: Partial<FailRecord> = {}): Uint8Array =>
  encodeJsonRecord(RECORD.fail, { code: 'fault', beforeToken: true, message: 'it failed', ...fail });

/** A hub that took the part and sends these chunks, then ends its body. */
export function taken(...chunks: Uint8Array[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return new Response(body, { headers: { 'x-irori-free': '4' } });
}

/** A hub that said no. */
export function refused(refusal: Partial<OfferRefusal>): Response {
  const whole = { code: 'none', nodeId: null, message: 'no', param: null, free: 0, ...refusal };
  return Response.json(whole, { status: 409 });
}

type Answer = (offer: JobOffer, signal: AbortSignal) => Response | Promise<Response>;

/** A run over homes `node@hub`, nearest first; each time a hub is asked it gives its next answer. */
export function openRun(homes: readonly string[], hubs: Readonly<Record<string, readonly Answer[]>>) {
  const asked: { hub: string; offer: JobOffer }[] = [];
  const free: Record<string, number> = {};
  const left = Object.fromEntries(Object.entries(hubs).map(([hub, answers]) => [hub, [...answers]]));
  const run = new JobRun({ promptBound: 100 } as never, {
    nextHome: async ({ nodes, hubs: excluded }) => {
      const known = homes.map((home) => home.split('@')).map(([node = '', hub = '']) => ({ node, hub }));
      const home = known.find(({ node, hub }) => !nodes.includes(node) && !excluded.includes(hub));
      return home ? { ...home, promptTokensPerS: 100 } : null;
    },
    askHub: async (hub, offer, signal) => {
      asked.push({ hub, offer: JSON.parse(JSON.stringify(offer)) as JobOffer });
      const answer = left[hub]?.shift();
      if (!answer) throw new Error(`${hub} is away`);
      return answer(offer, signal);
    },
    noteFree: (hub, count) => void (free[hub] = count),
  });
  return { run, asked, free };
}
