// What a machine does now: a badge, and the reason where it takes no work.
import { tellCooling } from '../../../schema/cooling-words.ts';
import { STATES_JA } from '../../../schema/state-words-ja.ts';
import { STATE_WORDS } from '../../../schema/state-words.ts';
import type { StateWord } from '../../../schema/state-words.ts';
import { tellWhy } from '../../../schema/why-words.ts';
import { Badge } from '../../look/pieces.tsx';
import type { Tone } from '../../look/pieces.tsx';
import type { Locale } from '../../look/words.ts';
import type { OwnerNode } from '../../routes/owner-nodes.ts';
import type { MachineWords } from './machine-words.ts';

const TONES: Readonly<Record<OwnerNode['state'], Tone>> = {
  idle: 'good',
  busy: 'good',
  paused: 'warn',
  cooling: 'bad',
  offline: 'plain',
};

export function MachineState(props: {
  readonly node: Pick<OwnerNode, 'state' | 'reason'>;
  readonly words: MachineWords;
  readonly locale: Locale;
}) {
  const { node, words, locale } = props;
  return (
    <>
      <Badge tone={TONES[node.state]}>{words[node.state]}</Badge>
      {node.reason !== null && <small class="soft"> {tellReason(node.reason, locale)}</small>}
    </>
  );
}

/** What kept it from work the longest in the last day, as the way to all of that. */
export function MainlyQuiet({ node, locale }: { readonly node: OwnerNode; readonly locale: Locale }) {
  if (node.quiet_24h === null) return <>–</>;
  return <a href={`/console/quiet?node=${node.id}`}>{tellWhy(node.quiet_24h, locale).told}</a>;
}

/** Of a pause by its word; of cooling by the hub's own sentence. */
function tellReason(reason: string, locale: Locale): string {
  if (!Object.hasOwn(STATE_WORDS, reason)) return tellCooling(reason, locale);
  return (locale === 'ja' ? STATES_JA : STATE_WORDS)[reason as StateWord].told;
}
