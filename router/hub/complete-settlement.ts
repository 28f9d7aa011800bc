// A part's settlement from its draft, what was decided and the receipt that proves it. Pure.
import type { SignedReceipt } from '../../schema/frames-to-hub.ts';
import { toMessageJson } from '../../schema/receipt.ts';
import { toSealedJson } from '../../schema/seal.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { PartSummary } from './part-doors.ts';

interface Completion {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly difference: SettlementJson['difference'];
  readonly charge: number;
  readonly earn: number;
  readonly resumedTokens?: number;
  readonly summary: PartSummary;
  readonly signed: SignedReceipt | null;
  readonly now: number;
}

/** The draft of a part with what became of it. */
export function completeSettlement(
  draft: SettlementJson,
  { summary, signed, now, ...decided }: Completion,
): SettlementJson {
  const isComplete = summary.outcome === 'complete';
  const settlement: SettlementJson = {
    ...draft,
    ...decided,
    outcome: summary.outcome,
    ttftMs: summary.ttftMs,
    durationMs: summary.durationMs,
    endedAt: now,
    // A part that was cut short may have sent more than arrived here.
    responseHash: isComplete ? summary.responseHash : null,
    ...(!isComplete && decided.outputTokens > 0 && { relayedHash: summary.responseHash }),
  };
  return signed ? withReceipt(settlement, signed) : settlement;
}

/** A decided part with its receipt: who has that need not be told what arrived. */
export function withReceipt(settlement: SettlementJson, signed: SignedReceipt): SettlementJson {
  const { receipt, signature, sealed } = signed;
  const { relayedHash: _relayedHash, ...rest } = settlement;
  return {
    ...rest,
    receipt: toMessageJson(receipt),
    receiptSignature: signature,
    ...(sealed && { receiptSeal: toSealedJson(sealed) }),
  };
}
