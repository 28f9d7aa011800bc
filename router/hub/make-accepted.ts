// What became of receipts as frames to their home: one for all acceptances under a seal, with what is refused beside them. Pure.
import type { JsonToNode } from '../../schema/frames-to-node.ts';
import { MAX_LEAVES } from '../../schema/merkle.ts';
import type { ReceiptAnswer } from './hub-services.ts';

type Accepted = JsonToNode['accepted'];
type Answer = Accepted['answers'][number];

export function makeAccepted(answers: readonly ReceiptAnswer[]): Accepted[] {
  const frames: Accepted[] = [];
  const refused = answers.filter(({ acceptance }) => !acceptance).map((answer) => toAnswer(answer));
  for (const group of groupBySeal(answers.filter(({ acceptance }) => acceptance))) {
    const [first] = group;
    if (!first) continue;
    frames.push({ seal: first.sealed?.seal ?? null, signature: first.signature, answers: group.map(toAnswer) });
  }
  for (let at = 0; at < refused.length; at += MAX_LEAVES)
    frames.push({ seal: null, signature: null, answers: refused.slice(at, at + MAX_LEAVES) });
  return frames;
}

/** Those that were signed for themselves, before there were seals, go alone. */
function groupBySeal(answers: readonly ReceiptAnswer[]): ReceiptAnswer[][] {
  const groups = new Map<string, ReceiptAnswer[]>();
  for (const answer of answers) {
    const key = answer.sealed ? String(answer.signature) : answer.ticketHash;
    const group = groups.get(key);
    if (group) group.push(answer);
    else groups.set(key, [answer]);
  }
  return [...groups.values()];
}

function toAnswer({ ticketHash, acceptance, sealed, reason }: ReceiptAnswer): Answer {
  return { ticketHash, acceptance, proof: sealed?.proof ?? [], reason };
}
