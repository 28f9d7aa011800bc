// Closes epochs step by step: freezes every node's account, holds each against the book, and publishes the file of all leaves. What is done is on disk after
// each page of nodes, so that a run that is cut off anywhere goes on where it was, and no run does more than a bounded number of pages.
import type { Hex } from '../../schema/bytes.ts';
import { hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import { encodeEpochFile, makeEpochFile, parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile, KeptReason } from '../../schema/epoch-file.ts';
import { growEpochTree } from '../../schema/epoch-tree.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import type { EpochTree } from '../../schema/epoch-tree.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makeLog } from '../log.ts';
import { chooseEpoch, findGap, holdLeaf, judgeNode, keepLeaf, keepPayable, planTimes, toLeaf } from './decide-epoch.ts';
import type { Look } from './decide-epoch.ts';
import type { EpochShelf } from './epoch-shelf.ts';
import type { FrozenEpoch, NodeNow } from './node-epochs.ts';
import type { EpochRow, EpochState, ListedNode, SettledNode, SettlerStore } from './settler-store.ts';

const log = makeLog('billing');

/** Nodes of one page, and pages of one run: what a run asks of objects and the book stays below a thousand questions. */
const PAGE_NODES = 50;
const MOST_PAGES = 6;
/** The next run comes soon where there is more to do, ms. */
const SOON_MS = 100;

export interface ClosingDoors {
  /** Length of an epoch. */
  readonly seconds: number;
  readonly domain: Domain;
  /** Roots are paid by on a chain: what can be claimed by one never falls. */
  readonly hasChain: boolean;
  /** Nodes that ever were, in the order of their ids, behind one. Rejects when the books cannot be asked. */
  readonly listNodes: (after: string, limit: number) => Promise<ListedNode[]>;
  /** As NodeAccount does; rejects when it cannot be asked. */
  readonly freeze: (nodeId: string, epoch: number) => Promise<FrozenEpoch>;
  /** As NodeAccount does; rejects when it cannot be asked. */
  readonly holdAgainst: (nodeId: string, booked: number) => Promise<NodeNow>;
  /** What the book has paid nodes as bonuses by now, an epoch's own included, units. Rejects when it cannot be asked. Null where there is no chain. */
  readonly payBonuses: ((nodeIds: readonly string[], epoch: number) => Promise<ReadonlyMap<string, number>>) | null;
  /** What the book has of a node, units. */
  readonly earnedBy: (nodeId: string) => Promise<number>;
  readonly shelf: EpochShelf;
  /** ms since epoch. */
  readonly now: () => number;
  readonly pageNodes?: number;
  /** For tests of what a home does then: this node's leaf stays what it was, or is none, whatever it earns. */
  readonly leftOut?: Hex | null;
}

/** What one run came to. */
export interface TickResult {
  /** The epoch that is being closed, or was closed last; null before the first. */
  readonly epoch: number | null;
  readonly state: EpochState | null;
  /** When there is more to do, ms since epoch; null for nothing. */
  readonly againAt: number | null;
}

/** What is told of a node in a published epoch. */
export interface ToldLeaf {
  readonly epoch: number;
  readonly seconds: number;
  readonly root: Hex;
  readonly sha256: string;
  /** Null for a node that has none in it. */
  readonly leaf: EpochLeaf | null;
  readonly proof: readonly Hex[];
  /** Why it is not as its account has it: held back, or an earlier one; with what account and book said, units. Null where they agree. */
  readonly kept: { readonly reason: KeptReason; readonly account: number | null; readonly book: number | null } | null;
}

export class EpochClosing {
  readonly #store: SettlerStore;
  readonly #doors: ClosingDoors;
  readonly #pageNodes: number;
  #running: Promise<TickResult> | null = null;
  #tree: { readonly epoch: number; readonly tree: EpochTree } | null = null;

  constructor(store: SettlerStore, doors: ClosingDoors) {
    this.#store = store;
    this.#doors = doors;
    this.#pageNodes = doors.pageNodes ?? PAGE_NODES;
  }

  /** Does what is due at `now`, ms since epoch; while a run is under way its result is waited for. Rejects where a step cannot be done: the next run tries again. */
  tick(now: number): Promise<TickResult> {
    this.#running ??= this.#tick(now).finally(() => void (this.#running = null));
    return this.#running;
  }

  /** A node's leaf in the last published file, or in an earlier one that is kept here; null where there is no such. */
  tell(node: Hex, wanted: number | null): ToldLeaf | null {
    const last = this.#store.published();
    const row = wanted === null || wanted === last?.epoch ? last : null;
    if (!row?.root || !row.sha256) return null;
    const { epoch, root, sha256 } = row;
    const leaf = this.#store.leafOf(epoch, node);
    const settled = this.#store.findNode(epoch, nodeIdOf(node));
    const verdict = settled?.verdict ?? 'agreed';
    return {
      epoch,
      seconds: this.#doors.seconds,
      root,
      sha256,
      leaf,
      proof: leaf ? (this.#treeOf(epoch).prove(hashEpochLeaf(leaf)) ?? []) : [],
      kept:
        settled && verdict !== 'agreed'
          ? { reason: verdict, account: settled.frozen?.total ?? null, book: settled.book }
          : null,
    };
  }

  async #tick(now: number): Promise<TickResult> {
    let row = await this.#find(now);
    for (let pages = 0; row && row.state !== 'published' && pages < MOST_PAGES; pages++) {
      const before: EpochRow = row;
      await this.#step(before);
      row = this.#store.newest();
      // Nobody has changed: what is waited for needs time.
      if (row?.state === 'gathered' && row.cursor === '' && before.state === 'gathered')
        return {
          epoch: row.epoch,
          state: row.state,
          againAt: this.#doors.now() + planTimes(this.#doors.seconds).askEveryMs,
        };
    }
    const isDone = !row || row.state === 'published';
    return {
      epoch: row?.epoch ?? null,
      state: row?.state ?? null,
      againAt: isDone ? null : this.#doors.now() + SOON_MS,
    };
  }

  /** The epoch under way, or the one that is due; the last one where there is neither. */
  async #find(now: number): Promise<EpochRow | null> {
    const newest = this.#store.newest();
    const isUnderWay = newest !== null && newest.state !== 'published';
    const { seconds, shelf } = this.#doors;
    if (!isUnderWay && chooseEpoch(now, seconds, newest?.epoch ?? null) === null) return newest;
    // What everyone can read decides, whatever is remembered here: an epoch that is published already is not closed once more.
    const shelved = await shelf.last();
    if (shelved && shelved.epoch > (this.#store.published()?.epoch ?? -1)) await this.#recall(shelved);
    if (isUnderWay && newest.epoch > (shelved?.epoch ?? -1)) return newest;
    const due = chooseEpoch(now, seconds, shelved?.epoch ?? newest?.epoch ?? null);
    if (due !== null) this.#store.open(due);
    return this.#store.newest();
  }

  async #recall(shelved: { readonly epoch: number; readonly sha256: string }): Promise<void> {
    const text = await this.#doors.shelf.read(shelved.epoch);
    const file = parseEpochFile(text ?? '');
    if (!file.ok) throw new Error(`the file of epoch ${shelved.epoch} cannot be read: ${file.error}`);
    log.warn('epoch-recalled', { epoch: shelved.epoch });
    this.#store.recall(file.value, shelved.sha256);
  }

  #step(row: EpochRow): Promise<void> {
    switch (row.state) {
      case 'open':
        return this.#freezePage(row);
      case 'frozen':
      case 'gathered':
        return this.#checkPage(row);
      case 'checked':
        return this.#publish(row);
      case 'published':
        return Promise.resolve();
    }
  }

  async #freezePage({ epoch, cursor }: EpochRow): Promise<void> {
    const nodes = await this.#doors.listNodes(cursor, this.#pageNodes);
    const page = await Promise.all(
      nodes.map(async (node) => ({ ...node, frozen: await this.#freeze(node.id, epoch) })),
    );
    this.#store.keepFrozen(epoch, page, nodes.length < this.#pageNodes);
  }

  async #freeze(nodeId: string, epoch: number): Promise<FrozenEpoch | null> {
    try {
      return await this.#doors.freeze(nodeId, epoch);
    } catch (error) {
      log.warn('node-account-away', { nodeId, epoch, error });
      return null;
    }
  }

  /** Rejects when the book cannot be asked: that is no disagreement. */
  async #checkPage({ epoch, state, cursor, gatheredAt }: EpochRow): Promise<void> {
    const isAgain = state === 'gathered';
    const nodes = this.#store.listNodes(epoch, cursor, this.#pageNodes, isAgain);
    const at = this.#doors.now();
    const { waitMs } = planTimes(this.#doors.seconds);
    const look = { at, waitMs, isLast: isAgain && at >= gatheredAt + waitMs };
    const page = await this.#addBonuses(await Promise.all(nodes.map((node) => this.#check(node, epoch, look))), epoch);
    const isEnd = nodes.length < this.#pageNodes;
    // Of those that are asked again some may have been on an earlier page.
    const isOver = isEnd && page.every(({ verdict }) => verdict !== null) && this.#waitsNoneBefore(epoch, cursor);
    const next = isOver ? 'checked' : isEnd ? 'gathered' : null;
    this.#store.keepVerdicts(epoch, page, next && { state: next, at: this.#doors.now() });
  }

  /** Of those that are agreed on. One whose bonus cannot be booked now is paid it with a later epoch. */
  async #addBonuses(page: readonly SettledNode[], epoch: number): Promise<readonly SettledNode[]> {
    const agreed = page.filter(({ verdict }) => verdict === 'agreed').map(({ id }) => id);
    if (!this.#doors.payBonuses || agreed.length === 0) return page;
    try {
      const paid = await this.#doors.payBonuses(agreed, epoch);
      return page.map((node) => {
        const bonus = paid.get(node.id) ?? 0;
        return node.frozen && bonus > 0 ? { ...node, frozen: { ...node.frozen, bonus } } : node;
      });
    } catch (error) {
      log.warn('bonuses-not-paid', { epoch, count: agreed.length, error });
      return page;
    }
  }

  #waitsNoneBefore(epoch: number, cursor: string): boolean {
    const [first] = this.#store.listNodes(epoch, '', 1, true);
    return !first || first.id > cursor;
  }

  async #check(node: SettledNode, epoch: number, look: Look): Promise<SettledNode> {
    const frozen = node.frozen ?? (await this.#freeze(node.id, epoch));
    const booked = frozen && (await this.#doors.earnedBy(node.id));
    // Asked after the book: the account has all that the book has.
    const now = booked === null ? null : await this.#doors.holdAgainst(node.id, booked).catch(() => null);
    const gap = findGap(now, node.gap, look.at);
    const verdict = judgeNode({ frozen, now, gap, before: this.#leafBefore(node.address) }, look);
    if (verdict !== null && verdict !== 'agreed')
      log.error('epoch-node-kept', { nodeId: node.id, epoch, reason: verdict });
    return { ...node, frozen, book: now?.book ?? booked, gap, verdict };
  }

  #leafBefore(address: Hex): EpochLeaf | null {
    const last = this.#store.published();
    return last && this.#store.leafOf(last.epoch, address);
  }

  /** Writes the same file however often it is cut off: all that it is made of is on disk. */
  async #publish({ epoch }: EpochRow): Promise<void> {
    const file = this.#makeFile(epoch);
    const text = encodeEpochFile(file);
    const { sha256 } = await this.#doors.shelf.publish(file, text);
    this.#store.publish(file, sha256);
    log.info('epoch-published', { epoch, count: file.leaves.length });
  }

  #makeFile(epoch: number): EpochFile {
    const last = this.#store.published();
    const isPaidBy = this.#doors.hasChain && last !== null && this.#store.isOf(last.epoch, this.#doors.domain);
    const leaves = new Map((last ? this.#store.listLeaves(last.epoch) : []).map((leaf) => [leaf.node, leaf]));
    for (let nodes = this.#store.listNodes(epoch, '', PAGE_NODES, false); nodes.length > 0;) {
      for (const node of nodes) {
        if (node.address === this.#doors.leftOut) continue;
        const before = leaves.get(node.address) ?? null;
        const leaf = makeLeaf(node, before);
        if (leaf && (before || leaf.count > 0n)) leaves.set(node.address, isPaidBy ? keepPayable(leaf, before) : leaf);
      }
      nodes = this.#store.listNodes(epoch, nodes.at(-1)?.id ?? '', PAGE_NODES, false);
    }
    const kept = this.#store.listKept(epoch).flatMap(({ address, verdict, frozen, book }) =>
      verdict && verdict !== 'agreed'
        ? [
            {
              node: address,
              reason: verdict,
              account: BigInt(frozen?.total ?? 0),
              book: BigInt(Math.max(0, book ?? 0)),
            },
          ]
        : [],
    );
    return makeEpochFile({
      epoch,
      seconds: this.#doors.seconds,
      domain: this.#doors.domain,
      previous: last?.sha256 ? { epoch: last.epoch, sha256: last.sha256 } : null,
      kept,
      leaves: [...leaves.values()],
    });
  }

  #treeOf(epoch: number): EpochTree {
    if (this.#tree?.epoch !== epoch)
      this.#tree = { epoch, tree: growEpochTree(this.#store.listLeaves(epoch).map(hashEpochLeaf)) };
    return this.#tree.tree;
  }
}

/** Null where nothing is known of a node that has no leaf yet. */
function makeLeaf(node: SettledNode, before: EpochLeaf | null): EpochLeaf | null {
  const { frozen, verdict } = node;
  const isWhole = verdict !== 'account-away' && verdict !== 'account-fell';
  if (!frozen || !isWhole) return before && keepLeaf(before, frozen);
  return verdict === 'agreed' ? toLeaf(node, frozen, before) : holdLeaf(node, frozen, before);
}
