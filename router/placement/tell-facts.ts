// What a caller is told of a job and its home, in the `x-irori` header by the edge and in the last events by the hub. Pure.
import type { EnergyTold } from '../../schema/energy-told.ts';
import type { FinalFacts, IroriFacts, PaymentTold } from '../../schema/chunks.ts';
import { receiptIdOf } from '../../schema/ids.ts';
import type { HeadRecord } from '../../schema/records.ts';
import type { ResumeClass } from '../../schema/settlement.ts';

export interface FactsInput {
  readonly jobId: string;
  readonly part: number;
  /** Homes that took the job so far. */
  readonly attempts: number;
  /** Null where none has it yet. */
  readonly head: HeadRecord | null;
  /** The least faithful way in which the answer went on. */
  readonly resumed: ResumeClass | null;
  readonly payment?: PaymentTold | undefined;
}

export function tellFacts({ jobId, part, attempts, head, resumed, payment }: FactsInput): IroriFacts {
  const decision = head?.decision;
  return {
    job: jobId,
    node: head?.node ?? '',
    country: head?.country ?? null,
    digest: head?.digest ?? '',
    attempts,
    resumed,
    mode: decision?.mode ?? null,
    reason: decision?.reason ?? null,
    distance_km: decision ? Math.round(decision.km) : null,
    // A caller counts from the call: what it waited for its turn is part of it.
    expected_ttft_ms: decision ? Math.round(decision.ttftMs + (decision.queuedMs ?? 0)) : null,
    ttft_ms: null,
    receipt: receiptIdOf(jobId, part),
    ...(payment && { payment }),
  };
}

/** The same with how the whole answer ended. `charge`: units. */
export function tellFinal(
  facts: IroriFacts,
  end: {
    readonly ttftMs: number | null;
    readonly outputTokens: number;
    readonly charge: number;
    readonly receiptHash: FinalFacts['receipt_hash'];
    readonly energy?: EnergyTold;
  },
): FinalFacts {
  const { ttftMs, outputTokens, charge, receiptHash, energy } = end;
  const told = { ttft_ms: ttftMs, output_tokens: outputTokens, charge_micro: charge, receipt_hash: receiptHash };
  return { ...facts, ...told, ...(energy && { energy }) };
}
