// Tables: dense, with a caption, numbers to the right, a region that scrolls sideways and can be reached by keys, and words where there is nothing.
import type { Child } from 'hono/jsx';

export interface Column<Row> {
  /** Empty in all columns where each row is a name with what it is: such a table has no heads. */
  readonly head: string;
  /** Numbers stand to the right, in digits of one width. */
  readonly isNumber?: boolean;
  /** The first column names its row, unless it says otherwise. */
  readonly isName?: boolean;
  readonly cell: (row: Row) => Child;
  /** Where the same rows stand by this column, the largest or newest first; `isHere`: as they stand now. */
  readonly sort?: { readonly href: string; readonly isHere: boolean };
}

export interface TableProps<Row> {
  /** What the table is of; told to who hears the page. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Where there are no rows: what to do next. */
  readonly empty: Child;
  /** Under it: the next page, the same as CSV. */
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

export function Table<Row>({ caption, columns, rows, empty, links = [] }: TableProps<Row>) {
  return (
    <>
      {rows.length === 0 ? <p class="soft">{empty}</p> : <Rows caption={caption} columns={columns} rows={rows} />}
      {links.length > 0 && (
        <ul class="inline">
          {links.map(({ href, text }) => (
            <li>
              <a href={href}>{text}</a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Rows<Row>({ caption, columns, rows }: Pick<TableProps<Row>, 'caption' | 'columns' | 'rows'>) {
  const hasHeads = columns.some(({ head }) => head !== '');
  return (
    <div class="wide" tabindex={0} role="region" aria-label={caption}>
      <table class={hasHeads ? undefined : 'pairs'}>
        <caption class="unseen">{caption}</caption>
        {hasHeads && <Heads columns={columns} />}
        <tbody>
          {rows.map((row) => (
            <tr>{columns.map((column, at) => toCell(column, row, at === 0))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heads<Row>({ columns }: Pick<TableProps<Row>, 'columns'>) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <Head {...column} />
        ))}
      </tr>
    </thead>
  );
}

/** Above buttons that say themselves what they do stands nothing: no head that is read out as one. */
function Head<Row>({ head, isNumber, sort }: Pick<Column<Row>, 'head' | 'isNumber' | 'sort'>) {
  if (head === '') return <td></td>;
  return (
    <th
      scope="col"
      class={isNumber ? 'number' : undefined}
      aria-sort={sort?.isHere === true ? 'descending' : undefined}
    >
      {sort === undefined || sort.isHere ? head : <a href={sort.href}>{head}</a>}
      {sort?.isHere === true && <span aria-hidden="true"> ↓</span>}
    </th>
  );
}

function toCell<Row>({ isNumber = false, isName, cell }: Column<Row>, row: Row, isFirst: boolean): Child {
  const kind = isNumber ? 'number' : undefined;
  return (isName ?? (isFirst && !isNumber)) ? (
    <th scope="row" class={kind}>
      {cell(row)}
    </th>
  ) : (
    <td class={kind}>{cell(row)}</td>
  );
}
