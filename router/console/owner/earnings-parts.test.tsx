// What machines earned, by what became of it: sums, reasons of what is held back, claims and what they wait for, in both languages.
import { expect, test } from 'vitest';
import { renderElement } from '../../look/render-element.ts';
import type { Locale } from '../../look/words.ts';
import { ByMachine, Claims, Held, Meanings, Totals } from './earnings-parts.tsx';
import type { EarningMachine } from './earnings-parts.tsx';
import { MONEY_WORDS } from './money-words.ts';

const SUMS = { pending: 3000, heldBack: 0, payable: 1260, credited: 0, claimed: 13_500 };
const CLAIM = {
  units: 13_500,
  tokens: '0.013500',
  tx: `0x${'1a'.repeat(32)}`,
  at: Date.UTC(2026, 10, 29, 9, 6),
  wallet: `0x${'25'.repeat(20)}`,
  gas_wei: '99269260397439',
  gas_paid_by: 'the router',
  became: 'tokens',
} as const;
const ATTIC: EarningMachine = {
  nodeId: 'node_a',
  name: 'Attic',
  earned: 17_760,
  waiting: 0,
  sums: SUMS,
  bonus: { paid: 0, left: 0 },
  heldFor: null,
  pendingUntil: Date.UTC(2026, 10, 29, 9, 7),
  claims: {
    claimable_micro: 1260,
    gas: { units: 75_000, wei: '75001176675000', paid_by: 'the router, for irori-node claim' },
    wait_until: null,
    wait_for: null,
    claims: [CLAIM],
  },
};
const WITHOUT_CHAIN: EarningMachine = { ...ATTIC, bonus: null, claims: null };

/** All texts of the parts, as somebody reads them. */
function read(machines: readonly EarningMachine[], locale: Locale = 'en'): string {
  const told = { machines, words: MONEY_WORDS[locale], locale };
  const page = (
    <main>
      <Totals {...told} />
      <Meanings machines={machines} words={told.words} />
      <ByMachine {...told} next={null} />
      <Held {...told} />
      <Claims {...told} />
    </main>
  );
  return renderElement(page)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

test('what was earned is told with what became of it, amounts below one another with as many decimals', () => {
  const text = read([ATTIC, { ...ATTIC, nodeId: 'node_b', name: 'Cellar', earned: 500_000, claims: ATTIC.claims }]);
  expect(text).toContain('Earned in all 0.51776 by accepted receipts Pending 0.00600');
  expect(text).toContain('Held back 0.00000 nothing is held back');
  expect(text).toContain('counted when the epoch closes, 29 Nov 2026, 09:07 UTC');
  expect(text).toContain('Claimable now – The part of what is payable');
  expect(text).toContain('Attic 0.01776 0.003 0.00 0.00126 0.00126 0.0135 29 Nov 2026, 09:07');
  expect(text).toContain('Cellar 0.50000 0.003');
  expect(text).not.toContain('Why something is held back');
});

test('what is held back is told with its reason and until when', () => {
  const held = { ...SUMS, heldBack: 2000 };
  const text = read([
    { ...ATTIC, sums: held, heldFor: 'book-has-less' },
    { ...ATTIC, name: 'Cellar', sums: held, heldFor: 'withheld' },
  ]);
  expect(text).toContain(
    'Attic 0.002000 The network’s book has less of this machine than the machine’s account accepted.',
  );
  expect(text).toContain('nothing that you have to do');
  expect(text).toContain('the next one closes 29 Nov 2026, 09:07 UTC');
  expect(text).toContain('Cellar 0.002000 The network holds it back, by a decision about this machine.');
  expect(read([{ ...ATTIC, sums: held, heldFor: 'account-away' }], 'ja')).toContain('口座に問い合わせできませんでした');
});

test('a claim is told with its transaction, its gas in coins and who paid, and the next one with what it waits for', () => {
  const text = read([ATTIC]);
  expect(text).toContain('irori-node claim');
  expect(text).toContain('Attic 0.00126 0.000075 nothing: it can be claimed now');
  const none = { ...ATTIC, claims: { ...ATTIC.claims, claimable_micro: 0 } } as EarningMachine;
  expect(read([none])).toContain('Attic 0.00 – there is nothing to claim yet');
  expect(text).toContain(`29 Nov 2026, 09:06 Attic 0.013500 tokens 0.0000993 the router ${CLAIM.tx}`);
  const waits = { ...ATTIC, claims: { ...ATTIC.claims, wait_for: 'next-root' } } as EarningMachine;
  expect(read([waits])).toContain('the next root to be final');
  expect(read([waits], 'ja')).toContain('次のルートが確定するまで');
});

test('a network without a chain tells nothing of claims', () => {
  const text = read([WITHOUT_CHAIN]);
  expect(text).toContain('Payable 0.00126');
  expect(text).not.toMatch(/laim|test tokens/);
});
