import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { concatBytes, fromHex, toHex } from '../bytes.ts';
import { checkBundle } from '../check-bundle.ts';
import type { ReceiptBundle, ReceiptBundleJson } from '../check-bundle.ts';
import { encodeEmptyChunk, encodeFinishChunk, makeChunkWriter } from '../chunks.ts';
import { evidenceSchema, judgeEvidence, toEvidenceJson } from '../evidence.ts';
import type { Contradiction, Evidence } from '../evidence.ts';
import { signHandover } from '../handover.ts';
import { makeMessageSigner } from '../receipt.ts';
import { SAMPLE_KEYS, SAMPLE_NODE, SAMPLE_ROUTER, sampleChain, toBundleJson } from '../sample-bundles.ts';
import type { SampleChange } from '../sample-bundles.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../typed-data.ts';
import { checkFiles } from './check-files.ts';
import type { FilesReport } from './check-files.ts';
import { tellEvidence, tellFileFault } from './tell-faults.ts';
import { EN } from './words-en.ts';
import { JA } from './words-ja.ts';

function check(bundles: readonly ReceiptBundle[], answer: string | null = null): FilesReport {
  const report = checkFiles([{ name: 'r.json', text: JSON.stringify({ data: bundles.map(toBundleJson) }) }], answer);
  if (!report.ok) throw new Error(tellFileFault(report.error, EN));
  return report.value;
}

const pair = (one: SampleChange, other: SampleChange): ReceiptBundle[] => [
  ...sampleChain(1, one),
  ...sampleChain(1, other),
];

describe('receipts of one home', () => {
  test('hold together where each names the one before and the total grows by what is accepted', () => {
    const report = check(sampleChain(4).toReversed());
    expect(report).toMatchObject({ verdict: 'valid', links: [], evidence: [] });
    expect(report.chains).toEqual([{ node: SAMPLE_NODE, first: '1', last: '4', links: 6, missing: '0' }]);
  });

  test('with some left out are checked as far as they join, and it is told how many are missing', () => {
    const [one, , three, four] = sampleChain(4) as [ReceiptBundle, ReceiptBundle, ReceiptBundle, ReceiptBundle];
    const report = check([one, three, four]);
    expect(report.verdict).toBe('valid');
    expect(report.chains).toEqual([{ node: SAMPLE_NODE, first: '1', last: '4', links: 2, missing: '1' }]);
  });

  test('that name another one before them are a broken chain, though each is signed', () => {
    const report = check(sampleChain(3, { receipt: (at) => (at === 2 ? { prevReceipt: ZERO_WORD } : {}) }));
    expect(report.parts.every(({ result }) => result.ok)).toBe(true);
    expect(report.verdict).toBe('not-valid');
    expect(report.links).toMatchObject([
      { kind: 'previous-hash', says: ZERO_WORD, ids: [report.parts[1]?.id, report.parts[2]?.id] },
    ]);
  });

  test('whose running total leaves something out are told with both numbers', () => {
    const report = check(sampleChain(3, { acceptance: (at) => (at === 2 ? { cumulativeAmount: 30n } : {}) }));
    expect(report).toMatchObject({ verdict: 'not-valid', links: [{ kind: 'running-total', says: '30', fits: '27' }] });
  });
});

describe('evidence is found', () => {
  const cases: [string, ReceiptBundle[], string, string][] = [
    [
      'two receipts of one number',
      pair({ seal: () => ({ number: 1n }) }, { ticket: () => ({ part: 1 }), seal: () => ({ number: 2n }) }),
      'receipt-number',
      SAMPLE_NODE,
    ],
    [
      'two receipts of one ticket',
      pair(
        {},
        {
          receipt: () => ({ seq: 2n, outputTokens: 6, ttftMs: 9 }),
          acceptance: () => ({ count: 2n, cumulativeAmount: 18n }),
          seal: () => ({ number: 2n }),
        },
      ),
      'receipt-ticket',
      SAMPLE_NODE,
    ],
    [
      'two acceptances of one count',
      pair({}, { ticket: () => ({ part: 1 }), receipt: () => ({ seq: 2n }), seal: () => ({ number: 2n }) }),
      'acceptance-count',
      SAMPLE_ROUTER,
    ],
    [
      'a total that falls',
      pair(
        {},
        {
          ticket: () => ({ part: 1 }),
          receipt: () => ({ seq: 2n }),
          acceptance: () => ({ count: 5n, cumulativeAmount: 10n }),
          seal: () => ({ number: 2n }),
        },
      ),
      'acceptance-total',
      SAMPLE_ROUTER,
    ],
    [
      'two seals of one number',
      pair(
        {},
        {
          ticket: () => ({ part: 1 }),
          receipt: () => ({ seq: 2n }),
          acceptance: () => ({ count: 2n, cumulativeAmount: 18n }),
        },
      ),
      'seal-number',
      SAMPLE_NODE,
    ],
    [
      'a seal’s total that falls',
      pair(
        {},
        {
          ticket: () => ({ part: 1 }),
          receipt: () => ({ seq: 2n }),
          acceptance: () => ({ count: 2n, cumulativeAmount: 18n }),
          seal: () => ({ number: 2n, total: 8n }),
        },
      ),
      'seal-total',
      SAMPLE_ROUTER,
    ],
  ];

  test.each(cases)('of %s, and stands by itself as a document', (_, bundles, contradiction, signer) => {
    const report = check(bundles);
    expect(report.verdict).toBe('equivocation');
    const found = report.evidence.filter((one) => {
      const judged = judgeEvidence(one.evidence);
      return judged.ok && judged.value === contradiction && one.evidence.signer === signer;
    });
    expect(found).toHaveLength(1);
    const text = JSON.stringify(toEvidenceJson(found[0]!.evidence));
    const alone = checkFiles([{ name: 'e.json', text }]);
    expect(alone).toMatchObject({
      ok: true,
      value: { verdict: 'equivocation', evidence: [{ contradiction, ids: [] }] },
    });
    const { evidence } = found[0]!;
    const kind = contradiction as Contradiction;
    expect(tellEvidence(evidence, kind, EN)).toMatch(
      new RegExp(`^${signer} has signed (?:two different |a (?:running )?total that falls)`),
    );
    expect(tellEvidence(evidence, kind, JA)).toMatch(new RegExp(`^${signer} は、.*(?:異なる|減る).*に署名しています$`));
  });

  test('in no honest chain, be it told twice', () => {
    expect(check([...sampleChain(3), ...sampleChain(3)]).verdict).toBe('valid');
  });
});

describe('evidence proves nothing', () => {
  const [one, other] = pair(
    { seal: () => ({ number: 1n }) },
    { ticket: () => ({ part: 1 }), seal: () => ({ number: 2n }) },
  ) as [ReceiptBundle, ReceiptBundle];
  const side = (bundle: ReceiptBundle) => ({
    receipt: bundle.receipt!,
    signature: bundle.receiptSignature!,
    sealed: bundle.receiptSeal!,
  });
  const good: Evidence = {
    object: 'equivocation',
    of: 'receipts',
    domain: PLACEHOLDER_DOMAIN,
    signer: SAMPLE_NODE,
    one: side(one),
    other: side(other),
  };
  const [first, second] = sampleChain(2) as [ReceiptBundle, ReceiptBundle];

  test.each<[string, Evidence]>([
    ['one-signature', { ...good, signer: SAMPLE_ROUTER }],
    ['other-signature', { ...good, other: { ...good.other, signature: good.one.signature } } as Evidence],
    ['no-contradiction', { ...good, one: side(first), other: side(second) }],
    ['no-contradiction', { ...good, other: good.one } as Evidence],
  ])('%s', (fault, evidence) => {
    expect(judgeEvidence(good)).toEqual({ ok: true, value: 'receipt-number' });
    expect(judgeEvidence(evidence)).toEqual({ ok: false, error: fault });
    const report = checkFiles([{ name: 'e.json', text: JSON.stringify(toEvidenceJson(evidence)) }]);
    expect(report).toMatchObject({
      ok: true,
      value: { verdict: 'not-valid', evidence: [], unproven: [fault] },
    });
  });

  test('against whom another’s name was written over: seals of receipts are their signer’s own', () => {
    const seal = { ...one.receiptSeal!.seal, node: SAMPLE_ROUTER };
    const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
    const { kind, node, number, previous, total, atMs } = seal;
    const sealAs = (at: bigint) =>
      signer.seal({ kind, node, number, previous, total, atMs: at }, [ZERO_WORD], SAMPLE_KEYS.node);
    const [a, b] = [sealAs(atMs), sealAs(2n)];
    const evidence = evidenceSchema.parse(
      toEvidenceJson({
        ...good,
        of: 'seals',
        one: { seal: a.seal, signature: a.signature },
        other: { seal: b.seal, signature: b.signature },
      } as Evidence),
    );
    expect(judgeEvidence(evidence)).toEqual({ ok: false, error: 'one-signature' });
  });
});

describe('a rotated key', () => {
  const next = addressOfPrivateKey(SAMPLE_KEYS.nextRouter);
  const handover = signHandover(
    makeMessageSigner(PLACEHOLDER_DOMAIN),
    { previous: SAMPLE_ROUTER, next, atMs: 5n },
    SAMPLE_KEYS.router,
  );
  const [bundle] = sampleChain(1, { acceptanceKey: SAMPLE_KEYS.nextRouter }) as [ReceiptBundle];

  test('accepts what the one before gave a ticket for, where that one has signed the handover', () => {
    expect(checkBundle({ ...bundle, acceptedBy: next, handovers: [handover] })).toMatchObject({ ok: true });
  });

  test.each([
    ['not-handed-over', { acceptedBy: next }],
    ['not-handed-over', { acceptedBy: next, handovers: [{ ...handover, atMs: 6n }] }],
    ['acceptance-signature', {}],
  ])('is %s otherwise', (fault, change) => {
    expect(checkBundle({ ...bundle, ...change })).toEqual({ ok: false, error: fault });
  });

  test('is no equivocation: numbers of two keys are never held against each other', () => {
    const before = sampleChain(1)[0]!;
    const after = sampleChain(1, {
      acceptanceKey: SAMPLE_KEYS.nextRouter,
      ticket: () => ({ part: 1 }),
      receipt: () => ({ seq: 2n, prevReceipt: ZERO_WORD }),
      acceptance: () => ({ amount: 8n }),
    })[0]!;
    const report = check([before, { ...after, acceptedBy: next, handovers: [handover] }]);
    expect(report.evidence.filter(({ evidence }) => evidence.of === 'acceptances')).toEqual([]);
    expect(report.evidence.filter(({ evidence }) => evidence.signer === next)).toEqual([]);
  });
});

describe('a saved answer', () => {
  const head = { id: 'chatcmpl-1', created: 1, model: 'm' };
  const writer = makeChunkWriter(head);
  const events = ['Hello', ' there', '. How', ' are you?'].map((text) => writer.content(text));
  const hash = (salt: string, from: number, to?: number): `0x${string}` =>
    toHex(sha256(concatBytes([fromHex(salt), new TextEncoder().encode(events.slice(from, to).join(''))])));
  const salt = `0x${'5a'.repeat(32)}` as const;
  const text = (chunk: Uint8Array): string => new TextDecoder().decode(chunk);
  const saved = `${events[0]}: irori\n${text(encodeEmptyChunk(head))}${events.slice(1).join('')}${text(encodeFinishChunk(head, 'stop', { role: false }))}data: [DONE]\n\n`;
  const two = sampleChain(2, {
    ticket: (at) => ({ jobId: `0x${'ab'.repeat(32)}`, part: at, salt }),
    receipt: (at) => ({ responseHash: at === 0 ? hash(salt, 0, 3) : hash(salt, 3) }),
  });

  test('is the one that its homes have signed for, one after another, whatever the router wrote between', () => {
    const report = check(two, saved);
    expect(report.answer?.map(({ isSame, events: count }) => [isSame, count])).toEqual([
      [true, 3],
      [true, 1],
    ]);
    expect(report.verdict).toBe('valid');
  });

  test('with one letter changed is another, and so is one that was not streamed', () => {
    expect(check(two, saved.replace('How', 'Who')).answer?.map(({ isSame }) => isSame)).toEqual([false, false]);
    expect(check(two, saved.replace('are you', 'are we'))).toMatchObject({
      verdict: 'not-valid',
      answer: [{ isSame: true }, { isSame: false }],
    });
    expect(check(two, '{"choices":[]}').verdict).toBe('not-valid');
  });
});

describe('what is neither receipt nor evidence is said to be none, with the field', () => {
  const [bundle] = sampleChain(1).map(toBundleJson) as [ReceiptBundleJson];
  const form = '/^0x[0-9a-f]{40}$/';
  test.each<[unknown, string | RegExp, string]>([
    ['{', /^f\.json cannot be read as JSON: /, '「f.json」をJSONとして読めません（1行目の2文字目）。'],
    ['[', /^f\.json cannot be read as JSON: /, '「f.json」をJSONとして読めません。'],
    [{ data: [] }, 'f.json holds nothing to check.', '「f.json」には検証するものがありません。'],
    [
      { ...bundle, router: 'me' },
      'f.json is not a receipt as GET /v1/receipts/{jobId} gives it: router: must be a 20-byte address in lower-case hex.',
      `「f.json」は、GET /v1/receipts/{jobId} が返す領収書ではありません。router：形が違います（あるべき形：${form}）。`,
    ],
    [
      { ...bundle, ticket: { ...bundle.ticket, note: 'x' } },
      /^f\.json is not a receipt .*: ticket: Unrecognized key/,
      '「f.json」は、GET /v1/receipts/{jobId} が返す領収書ではありません。ticket：知らない項目があります（note）。',
    ],
    [
      { object: 'equivocation', of: 'seals' },
      /^f\.json is not evidence of an equivocation: domain: /,
      '「f.json」は、二重署名の証拠ではありません。domain：値がないか、形が違います。',
    ],
    [
      7,
      /^f\.json is not a receipt .*: the whole: /,
      '「f.json」は、GET /v1/receipts/{jobId} が返す領収書ではありません。全体：値がないか、形が違います。',
    ],
  ])('%j', (value, english, japanese) => {
    const read = checkFiles([{ name: 'f.json', text: typeof value === 'string' ? value : JSON.stringify(value) }]);
    if (read.ok) throw new Error('it is read');
    const told = tellFileFault(read.error, EN);
    const isSo = typeof english === 'string' ? told === english : english.test(told);
    expect({ told, isSo }).toEqual({ told, isSo: true });
    expect(tellFileFault(read.error, JA)).toBe(japanese);
  });
});
