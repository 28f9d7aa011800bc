// The output of a Responses answer while it grows: which item a chunk belongs to, when a new one opens and when one is done.
import type { CallDelta, ChatChunk } from './dialect.ts';
import type { ResponsesFacts } from './responses-facts.ts';
import { growCall, growMessage, growReasoning } from './responses-items.ts';
import type { GrowingItem, ItemPlace, ItemStatus, ResponseEvent } from './responses-items.ts';

type Events = readonly ResponseEvent[];

export interface GrowingOutput {
  readonly take: (chunk: ChatChunk) => Events;
  /** Nothing more comes; of an answer that was cut the last item is not whole. */
  readonly close: (isCut: boolean) => Events;
  /** The same without a word: the answer broke off. */
  readonly breakOff: () => void;
  readonly tell: () => readonly object[];
}

/** An item and how it stands. */
interface Told {
  readonly item: GrowingItem;
  status: ItemStatus;
}

/** `tail`: what the answer's id and those of its items have in common. */
export function growOutput(facts: ResponsesFacts, tail: string): GrowingOutput {
  const items: Told[] = [];
  const calls = new Map<number, GrowingItem>();
  const place = (prefix: string): ItemPlace => ({ id: `${prefix}_${tail}_${items.length}`, index: items.length });
  const open = (item: GrowingItem): Events => {
    // Calls stay open: their pieces may come in turns.
    const closed = items.flatMap((told) => (told.item.kind === 'call' ? [] : closeItem(told, 'completed')));
    items.push({ item, status: 'in_progress' });
    return [...closed, ...item.open()];
  };
  const takeText = (kind: 'message' | 'reasoning', piece: string, chunk: ChatChunk): Events => {
    const last = items.at(-1);
    const isOpen = last?.item.kind === kind && last.status === 'in_progress';
    const grow = (): GrowingItem =>
      kind === 'message' ? growMessage(place('msg')) : growReasoning(place('rs'), facts);
    const item = isOpen ? last.item : grow();
    const logprobs = facts.hasLogprobs && kind === 'message' ? chunk.choices[0]?.logprobs?.content : null;
    return [...(isOpen ? [] : open(item)), ...item.take(piece, logprobs ?? [])];
  };
  const takeCall = ({ index, id, function: called }: CallDelta): Events => {
    const known = calls.get(index);
    if (known) return known.take(called.arguments ?? '');
    const name = called.name ?? '';
    const tool = facts.owners.get(name) ?? { name, namespace: '', isCustom: false };
    const at = place(tool.isCustom ? 'ctc' : 'fc');
    const item = growCall(at, id === undefined || id === '' ? `call_${tail}_${at.index}` : id, tool);
    calls.set(index, item);
    return [...open(item), ...item.take(called.arguments ?? '')];
  };
  return {
    take: (chunk) => {
      const { reasoning_content: thought = '', content, tool_calls: pieces = [] } = chunk.choices[0]?.delta ?? {};
      return [
        ...(thought === '' ? [] : takeText('reasoning', thought, chunk)),
        ...(content == null || content === '' ? [] : takeText('message', content, chunk)),
        ...pieces.flatMap(takeCall),
      ];
    },
    close: (isCut) => {
      // Readers of the first text find one, though it is empty.
      const isBare = !isCut && items.every(({ item }) => item.kind === 'reasoning');
      const opened = isBare ? open(growMessage(place('msg'))) : [];
      const last = items.length - 1;
      return [
        ...opened,
        ...items.flatMap((told, i) => closeItem(told, isCut && i === last ? 'incomplete' : 'completed')),
      ];
    },
    breakOff: () => {
      for (const told of items) if (told.status === 'in_progress') told.status = 'incomplete';
    },
    tell: () => items.map(({ item, status }) => item.tell(status)),
  };
}

function closeItem(told: Told, status: ItemStatus): Events {
  if (told.status !== 'in_progress') return [];
  told.status = status;
  return told.item.close(status);
}
