// From an offer to a running part: which home takes it, its ticket and its lease, and the watchdogs while it runs.
// How a part goes on is told in part.ts, what becomes of its money in hub-settlement.ts.
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { INITIAL_CREDIT_BYTES } from '../../schema/frames.ts';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { JobFrameJson } from '../../schema/frames-to-node.ts';
import { JOB_TICKET, toMessageJson } from '../../schema/receipt.ts';
import type { HubParts } from './hub-parts.ts';
import type { HubServices } from './hub-services.ts';
import type { HubSettlement } from './hub-settlement.ts';
import type { HubSockets } from './hub-sockets.ts';
import { draftSettlement, makeTicket } from './make-ticket.ts';
import type { NodeSocket } from './node-socket.ts';
import type { JobOffer, OfferRefusal } from './offer.ts';
import { encodeTicketFrame, Part } from './part.ts';
import { pickNode } from './pick-node.ts';

const TICK_MS = 250;

export interface HubJobsDoors {
  readonly hub: string;
  readonly services: HubServices;
  readonly sockets: HubSockets;
  readonly parts: HubParts;
  readonly settlement: HubSettlement;
  readonly wakeBy: (at: number) => void;
  /** No home here has the model: what stands in the presence table may be wrong. */
  readonly onNone: () => void;
  /** Called a few times a second while parts run. */
  readonly onTick: (now: number) => void;
}

export class HubJobs {
  readonly #doors: HubJobsDoors;
  readonly #live = new Map<Hex, Part>();
  #ticker: ReturnType<typeof setInterval> | null = null;

  constructor(doors: HubJobsDoors) {
    this.#doors = doors;
  }

  isLive(ticketHash: Hex): boolean {
    return this.#live.has(ticketHash);
  }

  /** One part: a response of records, or why no home here takes it. `signal` fires when the edge goes away. */
  async run(offer: JobOffer, signal: AbortSignal | null): Promise<Response | OfferRefusal> {
    const { sockets, onNone } = this.#doors;
    const picked = pickNode(sockets.candidates(), offer);
    if (picked.kind !== 'node') {
      if (await sockets.waitForSync()) return this.run(offer, signal);
      if (picked.kind === 'none') onNone();
      return { code: picked.kind, nodeId: null, message: `no home here (${picked.kind})`, param: null, free: 0 };
    }
    const socket = sockets.find(picked.nodeId);
    if (!socket) return { code: 'none', nodeId: picked.nodeId, message: 'no home here', param: null, free: 0 };
    const part = this.#startPart(socket, offer, picked.model);
    if (signal?.aborted) part.leave();
    signal?.addEventListener('abort', () => part.leave());
    const answer = await part.answer;
    if (answer instanceof Response) {
      answer.headers.set('x-irori-free', String(this.#countFree(offer)));
      return answer;
    }
    return { ...answer, free: this.#countFree(offer) };
  }

  #startPart(socket: NodeSocket, offer: JobOffer, model: NodeModel): Part {
    const { services, parts, settlement, sockets, hub, wakeBy } = this.#doors;
    const { digest } = model;
    const now = Date.now();
    const ticket = makeTicket(offer, { address: socket.facts.address, digest }, now);
    const ticketHash = services.signer.hash(JOB_TICKET, ticket);
    const number = socket.nextJob();
    const job: JobFrameJson = {
      ticket: toMessageJson(ticket),
      // A catalogue model goes by the home's own name for it; an owner's model by the name that was asked (it may match a prefix).
      request: { ...offer.request, model: offer.digests ? model.name : offer.model },
      chunk: offer.chunk,
      stream: offer.stream,
      creditBytes: INITIAL_CREDIT_BYTES,
    };
    socket.sendJson('job', job, number);
    const signature = services.signTicket(ticket);
    socket.send(encodeTicketFrame(number, fromHex(signature)));
    const draft = draftSettlement(offer, { facts: socket.facts, hub }, { message: ticket, signature });
    parts.open({ ticketHash, expiresAt: offer.expiresAt + 60_000, draft });
    wakeBy(offer.expiresAt + 61_000);
    const part: Part = new Part(
      number,
      offer,
      {
        send: (bytes) => socket.send(bytes),
        settle: (summary) =>
          settlement
            .settle({ ticketHash, ticket, draft, offer }, summary)
            .finally(() => void this.#live.delete(ticketHash)),
        onRefused: () => {
          parts.forget(ticketHash);
          this.#live.delete(ticketHash);
        },
        onDone: () => sockets.endPart(socket, number),
        country: socket.facts.place.country,
        digest,
        nodeId: socket.facts.nodeId,
        salt: fromHex(offer.salt),
      },
      now,
    );
    this.#live.set(ticketHash, part);
    socket.addPart(part);
    this.#startTicking();
    return part;
  }

  #countFree(offer: JobOffer): number {
    let free = 0;
    for (const candidate of this.#doors.sockets.candidates()) {
      if (pickNode([candidate], { ...offer, preferNodeId: null, excludeNodeIds: [] }).kind === 'node')
        free += candidate.slots - candidate.active;
    }
    return free;
  }

  #startTicking(): void {
    this.#ticker ??= setInterval(() => {
      const now = Date.now();
      for (const part of this.#live.values()) part.onTick(now);
      this.#doors.onTick(now);
      if (this.#live.size > 0 || !this.#ticker) return;
      clearInterval(this.#ticker);
      this.#ticker = null;
    }, TICK_MS);
  }
}
