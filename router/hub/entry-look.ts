// What the books say of a home that has proved who it is, before it is let in: nobody enters on the word of a token.
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

export type EntryLook =
  | { readonly kind: 'known'; readonly shown: ShownNode }
  | { readonly kind: 'refused'; readonly error: ErrorFrame; readonly code: number; readonly reason: string };

/** Never rejects: books that cannot be asked refuse the home for now. */
export async function askEntry(
  services: Pick<HubServices, 'showNode'>,
  { nodeId, hub }: { readonly nodeId: string; readonly hub: string },
): Promise<EntryLook> {
  try {
    const shown = await within(services.showNode(nodeId, hub), STANDING_WAIT_MS);
    if (!shown)
      return refuse(CLOSE.badHello, {
        code: 'node_unenrolled',
        message: 'the books do not know this node',
        isFinal: true,
      });
    const { barred } = shown.standing;
    return barred === null
      ? { kind: 'known', shown }
      : refuse(CLOSE.revoked, { code: 'node_revoked', message: barred, isFinal: true });
  } catch (error) {
    log.warn('standing-unknown', { nodeId, hub, error });
    const message = 'the router cannot look this node up at the moment';
    return refuse(CLOSE.going, { code: 'books_away', message, retryMs: STANDING_RETRY_MS });
  }
}

function refuse(code: number, error: ErrorFrame): EntryLook {
  return { kind: 'refused', error, code, reason: error.code };
}
