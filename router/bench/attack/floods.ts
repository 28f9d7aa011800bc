// Floods at a hub: sockets of homes, proven or not, that send more than any home would, or read nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeFrame, encodeJsonFrame, FRAME_HEADER_BYTES, MAX_MESSAGE_BYTES } from '../../../schema/frames.ts';
import { concatBytes } from '../../../schema/bytes.ts';
import { JOB_TICKET, toMessageJson } from '../../../schema/receipt.ts';
import { toSealedJson } from '../../../schema/seal.ts';
import { sampleReceipt, sampleTicket } from '../../../schema/sample-messages.ts';
import { RawNode } from '../../test/raw-node.ts';
import { flood, openLink, openReady, repeatFrame, ZERO_NONCE } from './link.ts';
import { PARIS } from './ground.ts';
import type { Attack, Round } from './round.ts';

const DIALS = 500;
const DIALS_AT_ONCE = 40;
const ZERO_BYTES = new Uint8Array(0);

/** A home of the attacker's that is enrolled and not connected. */
async function enrol(round: Round): Promise<RawNode> {
  return RawNode.enrol(round.ground.stack, await round.makeOwner(), { place: PARIS });
}

/** As many of a frame as one message holds. */
function fillMessage(frame: Uint8Array, bytes = MAX_MESSAGE_BYTES): Uint8Array {
  return repeatFrame(frame, Math.floor(bytes / frame.length));
}

/** Proven sockets that send this message as often as they can, `most` times in all, and dial again when they are closed. */
async function floodReady(round: Round, most: number, make: (node: RawNode) => Uint8Array): Promise<void> {
  const node = await enrol(round);
  const message = make(node);
  for (let left = most; left > 0 && !round.isOver;) {
    const ws = await openReady(round, node);
    if (ws) left -= await flood(round, ws, message, left);
    else await round.wait(300);
  }
}

/** Dials that prove nothing, each with a message full of hellos; nothing but the home's id is known. */
async function hello(round: Round): Promise<void> {
  const node = await enrol(round);
  const message = fillMessage(encodeJsonFrame('hello', node.makeHello(ZERO_NONCE)));
  for (let i = 0; i < 12 && !round.isOver; i++) {
    const ws = await openLink(round, node, { isKnown: false });
    ws?.send(message);
    await round.wait(400);
  }
}

/** Hundreds of dials that say nothing; who is closed dials again. */
async function dialSilently(round: Round): Promise<void> {
  const nodes = await Promise.all([0, 1, 2, 3].map(() => enrol(round)));
  for (let dialled = 0; dialled < DIALS && !round.isOver; dialled += DIALS_AT_ONCE)
    await Promise.all(
      Array.from({ length: DIALS_AT_ONCE }, (_, i) =>
        openLink(round, nodes[i % nodes.length] as RawNode, { isKnown: i % 2 === 0 }),
      ),
    );
  while (!round.isOver) await round.wait(100);
}

/** Homes that connect, prove themselves and go, over and over. */
async function redial(round: Round): Promise<void> {
  const dialling = Array.from({ length: 6 }, async () => {
    const node = await enrol(round);
    while (!round.isOver) {
      const ws = await openReady(round, node);
      ws?.close();
      if (!ws) await round.wait(300);
    }
  });
  await Promise.all(dialling);
}

/** A proven socket that asks for replies and reads none of them. */
async function readNothing(round: Round): Promise<void> {
  const node = await enrol(round);
  const message = fillMessage(encodeFrame('state', {}), 64_000);
  while (!round.isOver) {
    const ws = await openReady(round, node);
    ws?.pause();
    if (ws) await flood(round, ws, message, 800);
    else await round.wait(300);
  }
}

/** 15,000 states in one message, each another than the one before. */
function makeManyStates(round: Round): Uint8Array {
  const [one, two] = [1, 8].map((slots) => encodeJsonFrame('state', round.makeState({ model: 'open', slots })));
  return fillMessage(concatBytes([one ?? ZERO_BYTES, two ?? ZERO_BYTES]));
}

/** 30 models, each with a long name. */
function makeLongState(round: Round): Uint8Array {
  const { models, slots, paused } = round.makeState({ model: 'open' });
  const many = Array.from({ length: 30 }, (_, i) => ({ ...models[0], name: `${i}`.padEnd(120, 'm') }));
  return encodeJsonFrame('state', { models: many, slots, paused });
}

/** A late receipt of a ticket that this router never signed. */
function makeStrangeReceipt(node: RawNode): Uint8Array {
  const ticket = sampleTicket({ node: node.address });
  const signed = node.sign(sampleReceipt({ node: node.address, ticketHash: node.signer.hash(JOB_TICKET, ticket) }));
  return encodeJsonFrame('receipt', {
    ticket: toMessageJson(ticket),
    ticketSignature: signed.signature,
    receipt: toMessageJson(signed.receipt),
    signature: signed.signature,
    receiptSeal: toSealedJson(signed.sealed),
  });
}

function makeRunning(): Uint8Array {
  const jobs = Array.from({ length: 512 }, (_, i) => ({ job: i + 1, ticketHash: ZERO_NONCE }));
  return encodeJsonFrame('running', { jobs });
}

/** A frame that says it is longer than it is. */
function makeCutFrame(): Uint8Array {
  const frame = encodeFrame('data', { job: 1, payload: new Uint8Array(64) });
  new DataView(frame.buffer).setUint32(FRAME_HEADER_BYTES - 4, 0xffff_ffff);
  return frame;
}

async function sendTexts(round: Round): Promise<void> {
  const ws = await openReady(round, await enrol(round));
  const text = 'p'.repeat(500_000);
  for (let i = 0; ws && i < 200 && !round.isOver; i++) {
    ws.send(text);
    for (let pings = 0; pings < 200; pings++) ws.send('p');
    await sleep(20);
  }
}

export const FLOODS: readonly Attack[] = [
  { name: 'hellos', does: 'messages of 4 MB full of hellos, by nothing but a home’s id', run: hello },
  {
    name: 'hellos-again',
    does: 'a proven home says hello thousands of times',
    run: (round) => floodReady(round, 12, (node) => fillMessage(encodeJsonFrame('hello', node.makeHello(ZERO_NONCE)))),
  },
  {
    name: 'states',
    does: 'messages of 15,000 states of one home, each another',
    run: (round) => floodReady(round, 8, () => makeManyStates(round)),
  },
  {
    name: 'long-states',
    does: '15,000 states of one home with thirty long names each',
    run: (round) => floodReady(round, 60, () => repeatFrame(makeLongState(round), 250)),
  },
  { name: 'unread-replies', does: 'a home asks for replies without end and reads none', run: readNothing },
  { name: 'silent-dials', does: '500 dials that say nothing', run: dialSilently },
  { name: 'redials', does: 'homes connect, prove themselves and go without end', run: redial },
  {
    name: 'receipts-flood',
    does: 'thousands of late receipts that no ticket stands behind',
    run: (round) => floodReady(round, 12, (node) => fillMessage(makeStrangeReceipt(node))),
  },
  {
    name: 'running-flood',
    does: 'a home tells again and again that it runs 512 unknown jobs',
    run: (round) => floodReady(round, 12, () => repeatFrame(makeRunning(), 40)),
  },
  {
    name: 'small-frames',
    does: 'messages of 300,000 empty frames of jobs that are not',
    run: (round) => floodReady(round, 40, () => fillMessage(encodeFrame('data', { job: 9 }))),
  },
  {
    name: 'broken-frames',
    does: 'messages whose frames are cut short, and larger than allowed',
    run: (round) =>
      floodReady(
        round,
        400,
        () => new Uint8Array([...fillMessage(encodeFrame('alive', {}), 60_000), ...makeCutFrame()]),
      ),
  },
  {
    name: 'huge-messages',
    does: 'messages above every limit',
    run: (round) => floodReady(round, 12, () => new Uint8Array(12 * 1024 * 1024)),
  },
  { name: 'texts', does: 'pings by the thousand and long texts', run: sendTexts },
];
