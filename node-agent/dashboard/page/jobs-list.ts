// The jobs of the last days with their receipts, which can be checked here and saved.
import type { EarningsView, VerifyView } from '../page-view.ts';
import { post, receiptPath, save } from './client.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { button, notice } from './parts.ts';
import { change, sayFault, state } from './store.ts';
import type { Fetched } from './store.ts';

export function drawJobs({ jobs, isWhole }: EarningsView): Child {
  const { words, format, verified } = state;
  const { earned } = words;
  if (jobs.length === 0) return h('p', { class: 'soft' }, words.nothing);
  const top = Math.max(1, ...jobs.map(({ earnedMicro }) => earnedMicro));
  return [
    h(
      'ul',
      { class: 'rows' },
      ...jobs.map(({ job, part, model, acceptedAt, promptTokens, outputTokens, earnedMicro, status, why, receipt }) =>
        h(
          'li',
          { key: String(receipt) },
          h(
            'div',
            { class: 'row' },
            h('time', { datetime: acceptedAt }, format.moment(acceptedAt)),
            h('span', { class: 'name grow' }, model ?? '–'),
            h('span', { class: 'soft' }, earned.tokens(format.number(promptTokens), format.number(outputTokens))),
            h('b', { class: 'number' }, format.credits(earnedMicro)),
            job === null
              ? null
              : h(
                  'span',
                  { class: 'pair' },
                  button(earned.verify, () => void verify(job), {
                    class: 'quiet',
                    'aria-label': earned.verifyJob(job),
                  }),
                  button(earned.download, () => void saveFile(receiptPath(job), `${job}.json`), {
                    class: 'quiet',
                    'aria-label': earned.downloadJob(job),
                  }),
                ),
          ),
          h('i', { class: 'part', 'aria-hidden': 'true', style: { '--part': String(earnedMicro / top) } }),
          status === 'unpaid' || why !== null
            ? h(
                'p',
                { class: 'soft' },
                [status === 'unpaid' ? earned.unpaid : null, why].filter((one) => one !== null).join(words.colon),
              )
            : null,
          job === null || (part ?? 0) > 0 ? null : drawVerdict(verified.get(job)),
        ),
      ),
    ),
    isWhole ? null : h('p', { class: 'soft foot' }, earned.partial),
  ];
}

function drawVerdict(checked: Fetched<VerifyView> | undefined): Child {
  if (!checked) return null;
  const { words } = state;
  const { value, fault } = checked;
  if (fault !== null) return notice('warn', h('p', null, words.failed(fault)));
  if (value === null) return h('p', { class: 'soft' }, words.loading);
  return notice(
    value.verdict === 'valid' ? 'good' : 'bad',
    h('p', { role: 'status' }, h('b', null, words.earned.verdict[value.verdict] ?? value.verdict)),
    h('dl', { class: 'facts' }, ...value.facts.flatMap(([name, text]) => [h('dt', null, name), h('dd', null, text)])),
  );
}

async function verify(job: string): Promise<void> {
  const note = (checked: Fetched<VerifyView>): void =>
    change({ verified: new Map([...state.verified, [job, checked]]) });
  note({ value: null, fault: null, isAsking: true });
  try {
    note({ value: await post<VerifyView>(`${receiptPath(job)}?lang=${state.language}`), fault: null, isAsking: false });
  } catch (error) {
    note({ value: null, fault: sayFault(error), isAsking: false });
  }
}

/** What goes wrong is told on the page. */
export async function saveFile(path: string, name: string): Promise<void> {
  try {
    await save(path, name);
  } catch (error) {
    change({ told: { kind: 'bad', text: state.words.failed(sayFault(error)) } });
  }
}
