// What the books say of a home that has proved who it is, before it is let in: nobody enters on the word of a token. And whether another agent has its key.
import { CLOSE } from '../../schema/frames.ts';
import type { ErrorFrame } from '../../schema/frames-to-node.ts';
import type { ShownNode } from '../billing/node-account.ts';
import { within } from '../billing/within.ts';
import { makeLog } from '../log.ts';
import type { HubServices } from './hub-services.ts';

const log = makeLog('hub');

/** How long the node's own object may take to say what the books say of it; the home dials again later. */
const STANDING_WAIT_MS = 4000;
const STANDING_RETRY_MS = 5000;
/** How long an agent that is here has to show that it lives, when another comes with its key. */
const ELSEWHERE_WAIT_MS = 2000;
const ELSEWHERE_RETRY_MS = 60_000;

export type EntryLook =
  | { readonly kind: 'known'; readonly shown: ShownNode }
  | { readonly kind: 'refused'; readonly error: ErrorFrame; readonly code: number; readonly reason: string };

/** A connection of the node's that is open. */
interface Here {
  readonly instance: string | null;
  readonly askSync: (waitMs: number) => Promise<boolean>;
}

interface Coming {
  readonly nodeId: string;
  readonly hub: string;
  /** What the agent drew at its start; null from one that tells none. */
  readonly instance: string | null;
  readonly here: Here | undefined;
}

/**
 * Never rejects: books that cannot be asked refuse the home for now. Two machines with one key would take the home from each other for ever, and sign
 * numbers twice: the one that is at a hub and answers keeps it.
 */
export async function askEntry(services: Pick<HubServices, 'showNode'>, coming: Coming): Promise<EntryLook> {
  const { nodeId, hub, instance, here } = coming;
  try {
    const shown = await within(services.showNode(nodeId, hub, instance), STANDING_WAIT_MS);
    if (!shown)
      return refuse(CLOSE.badHello, {
        code: 'node_unenrolled',
        message: 'the books do not know this node',
        isFinal: true,
      });
    const { barred } = shown.standing;
    if (barred !== null) return refuse(CLOSE.revoked, { code: 'node_revoked', message: barred, isFinal: true });
    const isSecond = shown.isElsewhere || (instance !== null && (await isOther(here, instance)));
    return isSecond ? refuseSecond(nodeId, hub) : { kind: 'known', shown };
  } catch (error) {
    log.warn('standing-unknown', { nodeId, hub, error });
    const message = 'the router cannot look this node up at the moment';
    return refuse(CLOSE.going, { code: 'books_away', message, retryMs: STANDING_RETRY_MS });
  }
}

/** True where another agent is here and answers; one that tells no instance may be the same. */
export async function isOther(here: Here | undefined, instance: string): Promise<boolean> {
  if (!here || here.instance === null || here.instance === instance) return false;
  return here.askSync(ELSEWHERE_WAIT_MS);
}

function refuseSecond(nodeId: string, hub: string): EntryLook {
  log.warn('home-elsewhere', { nodeId, hub });
  const message = 'another agent is connected with the key of this node';
  const error = { code: 'node_elsewhere', message, isFinal: true, retryMs: ELSEWHERE_RETRY_MS };
  return { kind: 'refused', error, code: CLOSE.replaced, reason: 'another agent is connected' };
}

function refuse(code: number, error: ErrorFrame): EntryLook {
  return { kind: 'refused', error, code, reason: error.code };
}
