// The script of `/verify`: checks receipts in the browser and sends nothing anywhere. What is shown is only ever text.
import { toEvidenceJson } from '../../schema/evidence.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import type { FilesReport, GivenFile } from '../../schema/verify/check-files.ts';
import { pickWords } from '../../schema/verify/pick-words.ts';
import { tellFileFault } from '../../schema/verify/tell-faults.ts';
import { tellPart, tellTogether } from '../../schema/verify/tell-report.ts';
import type { Facts } from '../../schema/verify/tell-report.ts';
import { codedText } from './coded-text.ts';
import { pickPageWords } from './words.ts';

const { lang } = document.documentElement;
const words = pickPageWords(lang);
const told = pickWords(lang);

const pasted = find<HTMLTextAreaElement>('receipts');
const chosen = find<HTMLInputElement>('files');
const answer = find<HTMLTextAreaElement>('answer');
const drop = find('drop');
const result = find('result');
let files: GivenFile[] = [];

function find<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(id);
  return element as T;
}

/** Checks what was pasted, and the files that were chosen or dropped. */
function check(): void {
  const given = [...files, ...(pasted.value.trim() === '' ? [] : [{ name: words.pasted, text: pasted.value }])];
  if (given.length === 0) return show('none', words.none, []);
  const saved = answer.value === '' ? null : answer.value;
  const report = checkFiles(given, saved);
  if (!report.ok) return show('not-valid', words['not-valid'], [makeText('p', tellFileFault(report.error, told))]);
  show(report.value.verdict, headlineOf(report.value), [
    ...report.value.parts.flatMap((part) => [
      makeText('h3', part.result.ok ? words.good(part.id) : words.bad(part.id)),
      makeList(tellPart(part, told)),
    ]),
    ...makeTogether(report.value),
  ]);
}

function headlineOf({ verdict, parts }: FilesReport): string {
  const isPending = parts.some(({ result: one }) => !one.ok && one.error === 'not-accepted');
  return verdict === 'not-valid' && isPending ? words.pending : words[verdict];
}

function makeTogether(report: FilesReport): HTMLElement[] {
  const facts = tellTogether(report, told);
  if (facts.length === 0) return [];
  const documents = report.evidence.flatMap(({ evidence, ids }) => {
    if (ids.length === 0) return [];
    const details = document.createElement('details');
    const shown = makeText('pre', JSON.stringify(toEvidenceJson(evidence), null, 2));
    shown.tabIndex = 0;
    details.append(makeText('summary', words.file), shown);
    return [details];
  });
  return [makeText('h3', words.together), makeList(facts), ...documents];
}

/** `kind` colours it; the words say it all. */
function show(kind: string, headline: string, content: readonly HTMLElement[]): void {
  result.dataset['kind'] = kind;
  result.replaceChildren(makeText('h2', headline), ...content);
}

function makeList(facts: Facts): HTMLElement {
  const list = document.createElement('dl');
  for (const [name, text] of facts) list.append(makeText('dt', name), makeText('dd', text));
  return list;
}

function makeText(tag: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.append(...codedText(text));
  return element;
}

async function take(list: FileList | null | undefined): Promise<void> {
  files = await Promise.all(Array.from(list ?? [], async (file) => ({ name: file.name, text: await file.text() })));
  check();
}

find('check').addEventListener('click', check);
pasted.addEventListener('paste', () => setTimeout(check));
chosen.addEventListener('change', () => void take(chosen.files));
for (const name of ['dragenter', 'dragover'])
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
for (const name of ['dragleave', 'drop']) drop.addEventListener(name, () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  void take(event.dataTransfer?.files);
});
