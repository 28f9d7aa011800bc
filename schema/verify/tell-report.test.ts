import { describe, expect, test } from 'vitest';
import type { ReceiptBundle } from '../check-bundle.ts';
import { err } from '../result.ts';
import { SAMPLE_NODE, SAMPLE_ROUTER, sampleChain, toBundleJson } from '../sample-bundles.ts';
import type { SampleChange } from '../sample-bundles.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../typed-data.ts';
import { checkFiles } from './check-files.ts';
import type { FilesReport } from './check-files.ts';
import { formatProof } from './describe-proof.ts';
import { tellEvidenceFault } from './tell-faults.ts';
import { tellPart, tellTogether } from './tell-report.ts';
import { EN } from './words-en.ts';
import { JA } from './words-ja.ts';

function check(bundles: readonly ReceiptBundle[], answer: string | null = null): FilesReport {
  const report = checkFiles([{ name: 'r.json', text: JSON.stringify({ data: bundles.map(toBundleJson) }) }], answer);
  if (!report.ok) throw new Error(report.error.kind);
  return report.value;
}

/** Without what documents have as it is: addresses, hashes, names of receipts and of faults. */
const plain = (text: string): string => text.replaceAll(/0x[0-9a-f]+|rcpt_\w+|^[a-z-]+：/g, '');

const [part] = check(sampleChain(1)).parts as [FilesReport['parts'][number]];
const CONTRACT = PLACEHOLDER_DOMAIN.verifyingContract;

test('a receipt is told in English to the letter, as the command always did', () => {
  const { bundle, result } = part;
  const { ticket } = bundle;
  if (!result.ok) throw new Error(result.error);
  expect(tellPart(part, EN)).toEqual([
    ['receipt', result.value.receiptHash],
    ['domain', `chain ${PLACEHOLDER_DOMAIN.chainId}, contract ${CONTRACT}`],
    [
      'ticket',
      `router ${SAMPLE_ROUTER}: at most ${ticket.maxPromptTokens} prompt and ${ticket.maxOutputTokens} output tokens, at ${ticket.priceIn} and ${ticket.priceOut} units per million`,
    ],
    [
      'receipt',
      expect.stringMatching(/^node 0x\w+ \(number 1\): \d+ prompt, \d+ output tokens, 10 units, ended by stop$/),
    ],
    ['energy', expect.any(String)],
    [
      'acceptance',
      expect.stringMatching(
        /^router 0x\w+: \d+ prompt, \d+ output tokens, 9 units, accepted; 9 units in 1 receipts so far$/,
      ),
    ],
    ['ticket', `seal 1 of tickets, signed by ${SAMPLE_ROUTER}: this message alone under it, 0 hashes of proof`],
    ['receipt', `seal 1 of receipts, signed by ${SAMPLE_NODE}: this message alone under it, 0 hashes of proof`],
    ['acceptance', expect.stringMatching(/signed by/)],
  ]);
});

test('who signed a message, and what stands under a seal with it', () => {
  const seal = { kind: 'receipts', number: '7', covers: 3, hashes: 2, total: '9' };
  const told = (of: typeof seal | null): string[] =>
    [EN, JA].map((words) => formatProof({ signer: SAMPLE_NODE, seal: of }, words));
  expect(told(null)).toEqual([`signed by ${SAMPLE_NODE} for itself`, `${SAMPLE_NODE} がこのメッセージだけに署名`]);
  expect(told(seal)).toEqual([
    `seal 7 of receipts, signed by ${SAMPLE_NODE}: 3 messages under it, 2 hashes of proof`,
    `領収書の封印 7 に ${SAMPLE_NODE} が署名：封印の下にメッセージ3件、証明のハッシュは2個`,
  ]);
});

test('in Japanese it has the same facts, and no word of English', () => {
  const [english, japanese] = [tellPart(part, EN), tellPart(part, JA)];
  expect(japanese.map(([name]) => name)).toEqual([
    '領収書',
    'ドメイン',
    'チケット',
    '領収書',
    '電力量',
    '承認書',
    'チケット',
    '領収書',
    '承認書',
  ]);
  for (const [name, text] of japanese) expect(plain(`${name} ${text}`)).not.toMatch(/[a-z]{3,}/i);
  // Each number and address of the English ones, but for what tells of seals.
  const said = (facts: string): string[] => [...new Set(facts.match(/0x[0-9a-f]+|\d+(?:\.\d+)?/g))].sort();
  const unsealed = [...japanese.entries()].filter(([, [, text]]) => !text.includes('封印'));
  expect(unsealed.map(([, [, text]]) => said(text.replace('100万', '')))).toEqual(
    unsealed.map(([i]) => said(english[i]?.[1] ?? '')),
  );
});

test('what only another version knows is told by its number in either language', () => {
  const { bundle } = part;
  const odd = {
    ...bundle,
    receipt: { ...bundle.receipt!, finish: 77 },
    acceptance: { ...bundle.acceptance!, status: 78 },
  };
  for (const words of [EN, JA]) {
    const told = tellPart({ ...part, bundle: odd }, words).map(([, text]) => text);
    expect(told.some((text) => text.endsWith('77'))).toBe(true);
    expect(told.some((text) => text.includes('78'))).toBe(true);
  }
});

describe.each(Object.keys(EN.faults) as (keyof typeof EN.faults)[])('the fault %s', (fault) => {
  test('keeps its name, and has a sentence in each language', () => {
    const broken = { ...part, result: err(fault) };
    expect(tellPart(broken, EN)[0]).toEqual(['fault', `${fault}: ${EN.faults[fault]}`]);
    const [name, text] = tellPart(broken, JA)[0] ?? [];
    expect([name, text]).toEqual(['不備', `${fault}：${JA.faults[fault]}`]);
    expect(plain(text ?? '')).toMatch(/^[^a-z]+$/i);
  });
});

test.each(Object.keys(EN.evidenceFaults) as (keyof typeof EN.evidenceFaults)[])('evidence with %s', (fault) => {
  expect(tellEvidenceFault(fault, EN)).toMatch(/^this is no evidence: /);
  expect(tellEvidenceFault(fault, JA)).toMatch(/^これは証拠ではありません：[^a-z]+$/i);
});

const pair = (change: SampleChange): ReceiptBundle[] => [...sampleChain(1), ...sampleChain(1, change)];

test.each<[string, FilesReport, RegExp, RegExp]>([
  [
    'a chain',
    check(sampleChain(3)),
    /: receipts 1 to 3, 4 links checked$/,
    /：領収書 1 〜 3、確認したつながりは4か所$/,
  ],
  [
    'a chain with gaps',
    check(sampleChain(3).filter((_, i) => i !== 1)),
    /0 links checked; 1 numbers between are not in these files$/,
    /0か所。その間の1通はこれらのファイルにありません$/,
  ],
  [
    'a broken hash',
    check(sampleChain(2, { receipt: (at) => (at === 1 ? { prevReceipt: ZERO_WORD } : {}) })),
    /^the chain of 0x\w+ breaks: rcpt_\w+ names 0x0+ as the receipt before it, and rcpt_\w+ is 0x\w+$/,
    /^0x\w+ の領収書のつながりが切れています：rcpt_\w+ は一つ前の領収書を 0x0+ としていますが、rcpt_\w+ は 0x\w+ です$/,
  ],
  [
    'a broken total',
    check(sampleChain(3, { acceptance: (at) => (at === 2 ? { cumulativeAmount: 30n } : {}) })),
    /tells 30 where 27 would follow rcpt_\w+$/,
    /では 30 ですが、rcpt_\w+ に続くのは 27 のはずです$/,
  ],
  ['another answer', check(sampleChain(1), 'x'), /is not over the answer given/, /この回答に対するものではありません/],
  [
    'an equivocation',
    check(
      pair({
        ticket: () => ({ part: 1 }),
        seal: () => ({ number: 2n }),
        acceptance: () => ({ count: 2n, cumulativeAmount: 18n }),
      }),
    ),
    /^0x\w+ has signed two different receipts under the number 1: of rcpt_\w+_0 and of rcpt_\w+_1\. Keep both files, they are the evidence\.$/,
    /^0x\w+ は、番号 1 の異なる2通の領収書に署名しています。対象：rcpt_\w+_0、rcpt_\w+_1。両方のファイルを保管してください。それが証拠です。$/,
  ],
])('of all together: %s', (_, report, english, japanese) => {
  expect(tellTogether(report, EN).map(([, text]) => text)).toContainEqual(expect.stringMatching(english));
  const told = tellTogether(report, JA);
  expect(told.map(([, text]) => text)).toContainEqual(expect.stringMatching(japanese));
  for (const fact of told) expect(plain(fact.join(' '))).not.toMatch(/[a-z]{3,}/i);
});
