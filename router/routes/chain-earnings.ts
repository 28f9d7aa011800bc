// What homes' earnings are told beside a chain, out of the objects and files that know it.
import type { Hex } from '../../schema/bytes.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import type { ToldLeaf } from '../billing/epoch-closing.ts';
import type { ClaimPage, ListedClaim } from '../billing/node-claims.ts';
import type { NodeEarned } from '../billing/node-earnings.ts';
import type { EarningSums } from '../billing/spread-earnings.ts';
import type { Services } from '../services/edge.ts';
import { listMovements, tellClaim, tellClaims } from './tell-chain-earnings.ts';
import type { MovementRow, ToldClaim, ToldClaims } from './tell-chain-earnings.ts';

const NEWEST_CLAIMS = 20;
const DAY_MS = 86_400_000;

/** A home as its account and the last epoch have it. */
export interface ClaimingMachine {
  readonly nodeId: string;
  readonly earned: Pick<NodeEarned, 'claimed'>;
  readonly told: ToldLeaf | null;
  readonly sums: EarningSums;
  /** Units that its leaf holds as a bonus, and what of them was not claimed. */
  readonly bonus: { readonly paid: number; readonly left: number } | null;
}

/** Null where there is no chain. The newest claims of each; all of them are told by claim. */
export async function tellAllClaims(
  services: Services,
  machines: readonly ClaimingMachine[],
): Promise<(ToldClaims & { readonly claims: ToldClaim[] })[] | null> {
  const chain = await services.tellChain(Date.now());
  if (chain === null) return null;
  return Promise.all(
    machines.map(async (machine) => {
      const { nodeId, earned, sums, bonus } = machine;
      const { lastFinal, gasPrice, isReachable } = chain;
      const told = tellClaims({
        leaf: lastFinal && (await findFinalLeaf(services, machine, lastFinal.epoch)),
        claimed: earned.claimed,
        payable: sums.payable + (bonus?.left ?? 0),
        gasPrice,
        finalEpoch: lastFinal?.epoch ?? null,
        isSponsored: services.sponsor !== null,
        isReachable,
      });
      const { claims } = await services.nodeAccount(nodeId).listClaims(null);
      return { ...told, claims: claims.slice(0, NEWEST_CLAIMS).map((claim) => tellClaim(claim, services.sponsor)) };
    }),
  );
}

/** Null where it has none, or the file cannot be read now. */
async function findFinalLeaf(
  { nodes, findLeaf }: Services,
  { nodeId, told }: ClaimingMachine,
  epoch: number,
): Promise<EpochLeaf | null> {
  if (told?.epoch === epoch) return told.leaf;
  const row = await nodes.find(nodeId);
  return row && findLeaf(epoch, row.address as Hex).catch(() => null);
}

/** All that moved these homes' earnings from a UTC day on (days since 1970), home by home. */
export async function listClaimRows(
  services: Services,
  machines: readonly Pick<ClaimingMachine, 'nodeId'>[],
  fromDay: number,
): Promise<MovementRow[]> {
  const since = fromDay * DAY_MS;
  const listed = await services.listEarningDays(
    machines.map(({ nodeId }) => nodeId),
    fromDay,
  );
  const rows = machines.map(async ({ nodeId }) => {
    const home = services.nodeAccount(nodeId);
    const own = {
      days: listed.filter((one) => one.nodeId === nodeId),
      orders: await home.listOrders(since),
      claims: await listClaims(services, nodeId, since),
    };
    return listMovements(nodeId, own, services.sponsor);
  });
  return (await Promise.all(rows)).flat();
}

async function listClaims({ nodeAccount }: Services, nodeId: string, since: number): Promise<ListedClaim[]> {
  const claims: ListedClaim[] = [];
  let before: number | null = null;
  do {
    const page: ClaimPage = await nodeAccount(nodeId).listClaims(before);
    claims.push(...page.claims.filter(({ at }) => at >= since));
    before = (page.claims.at(-1)?.at ?? 0) >= since ? page.next : null;
  } while (before !== null);
  return claims;
}
