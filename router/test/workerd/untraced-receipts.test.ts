// Late receipts of whose parts a node's account knows nothing, or not what it would know of others: after a hub's crash, and after the router changed its key.
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { JOB_TICKET } from '../../../schema/receipt.ts';
import { makeNode, makePart, sealTicket, signer } from './make-settlement.ts';

let nodes = 0;

function openNode() {
  const node = makeNode(`untraced-receipts-${nodes++}`);
  return { node, stub: env.NODE_ACCOUNT.getByName(node.id) };
}

test('a late receipt of whose part its own hub has no trace is refused at once, and paid all the same once the part is settled', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  const late = sealTicket(part.late, 'hub:weur:0');
  const refused = { acceptance: null, reason: expect.stringContaining('nothing of the part') };
  // Another hub cannot tell: the part's own may still bring it.
  expect(await stub.acceptLate(late, 'hub:weur:1')).toBeNull();
  expect(await stub.acceptLate(late, 'hub:weur:0')).toMatchObject(refused);
  expect(await stub.acceptLate(late, 'hub:weur:0')).toMatchObject(refused);
  expect(await stub.totals()).toMatchObject({ count: 0, refused: 0, lastSeq: '0' });
  await stub.accept(part.bare);
  expect(await stub.acceptLate(late, 'hub:weur:0')).toMatchObject({ acceptance: { amount: 45n } });
});

test('a late receipt is paid though the router signs with another key than when it gave the ticket', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  const ticketSignature = signer.sign(JOB_TICKET, part.ticket, new Uint8Array(32).fill(3));
  const late = { ...part.late, ticketSignature };
  expect(await stub.acceptLate(late)).toMatchObject({ reason: 'the ticket was not signed by this router' });
  await stub.accept({ ...part.bare, ticketSignature });
  expect(await stub.acceptLate(late)).toMatchObject({ acceptance: { amount: 45n } });
});
