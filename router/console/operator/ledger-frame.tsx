// What the pages of the ledger have in common: their head and the tabs between them.
import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { Tabs } from '../../look/pieces.tsx';
import { showPage } from '../page-answer.tsx';
import type { ConsoleEnv } from '../visit.ts';
import { LEDGER_WORDS } from './words-ledger.ts';

export const LEDGER = '/console/operator/ledger';

const TABS = [
  ['check', ''],
  ['accounts', '/accounts'],
  ['upkeep', '/projections'],
  ['epochs', '/epochs'],
  ['chain', '/chain'],
] as const;

export function showLedger(c: Context<ConsoleEnv>, here: (typeof TABS)[number][0], children: Child) {
  const words = LEDGER_WORDS[c.get('visit').locale];
  const tabs = TABS.map(([name, path]) => ({ href: `${LEDGER}${path}`, text: words[name], isHere: name === here }));
  const body = (
    <>
      <h1>{words.title}</h1>
      <Tabs label={words.tabs} tabs={tabs} />
      {children}
    </>
  );
  return showPage(c, { title: `${words.title}: ${words[here]}`, body });
}
