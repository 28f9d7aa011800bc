// What an account's machines do and earn today and what keeps them from work, as a part of the console's first page: nothing where it lends none.
import { makeCreditFormat } from '../../look/format-money.ts';
import { Amount, Note, Sheet } from '../../look/pieces.tsx';
import { Table } from '../../look/table.tsx';
import type { Locale } from '../../look/words.ts';
import type { OwnerNode } from '../../routes/owner-nodes.ts';
import { listOwnerNodes } from '../../routes/owner-nodes.ts';
import type { Services } from '../../services/edge.ts';
import { orNull } from '../or-null.ts';
import { MachineState, MainlyQuiet } from './machine-state.tsx';
import { MACHINE_WORDS } from './machine-words.ts';

/** The others stand on the page of machines. */
const MOST = 5;

export interface OwnMachinesRead {
  readonly data: readonly OwnerNode[];
  readonly next: string | null;
}

/** Null where they cannot be told now. */
export function readOwnMachines(services: Services, accountId: string): Promise<OwnMachinesRead | null> {
  return orNull(listOwnerNodes(services, accountId, { after: '', limit: MOST, isByDay: false }));
}

export function OwnMachines({ read, locale }: { readonly read: OwnMachinesRead | null; readonly locale: Locale }) {
  const words = MACHINE_WORDS[locale];
  if (read === null) return <Note tone="bad">{words.awayHere}</Note>;
  if (read.data.length === 0) return null;
  const column = (head: string, of: (node: OwnerNode) => number) => {
    const format = makeCreditFormat(read.data.map(of), locale);
    const cell = (node: OwnerNode) => <Amount micro={of(node)} text={format(of(node))} />;
    return { head, isNumber: true, cell };
  };
  return (
    <Sheet title={words.yours}>
      <Table
        caption={words.yours}
        rows={read.data}
        empty={words.none}
        links={[
          { href: '/console/machines', text: read.next === null ? words.toMachines : words.toAllMachines },
          { href: '/console/earnings', text: words.toEarnings },
        ]}
        columns={[
          {
            head: words.machine,
            cell: ({ id, name }) => <a href={`/console/machines/${id}`}>{name ?? id.slice(0, 17)}</a>,
          },
          column(words.todayHere, (one) => one.earned_today_micro),
          column(words.monthHere, (one) => one.earned_30d_micro),
          {
            head: words.stateAndWhy,
            // In one cell, so that a narrow window shows both.
            cell: (node) => (
              <>
                <MachineState node={node} words={words} locale={locale} />{' '}
                <small>
                  <MainlyQuiet node={node} locale={locale} />
                </small>
              </>
            ),
          },
        ]}
      />
    </Sheet>
  );
}
