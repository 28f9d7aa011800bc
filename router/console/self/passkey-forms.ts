// Adding a passkey to oneself, and removing one. What an authenticator is to sign is asked for by the page's script; the form itself is as any other.
import { Hono } from 'hono';
import * as z from 'zod';
import { parseJson } from '../../../schema/json.ts';
import { shownText } from '../../auth/bodies.ts';
import { findPasskeyPlace, makeAddOptions } from '../../auth/make-passkey-options.ts';
import { ApiError } from '../../errors.ts';
import { readPersonForm } from '../page-form.ts';
import { requireFresh } from '../visit.ts';
import type { ConsoleEnv } from '../visit.ts';

export const passkeyForms = new Hono<ConsoleEnv>();

const nothing = z.object({});
const addForm = z.object({ key: shownText.max(60), response: z.string().min(2).max(32_000) });
const removeForm = z.object({ id: z.string().max(1400) });
const YOU = '/console/you';
const NONE = 'There are no passkeys here.';

passkeyForms.post('/console/you/passkeys/ask', async (c) => {
  await readPersonForm(c, nothing);
  const { person } = await requireFresh(c, YOU);
  const { passkeys } = c.get('services');
  const place = findPasskeyPlace(c.req.url);
  if (!passkeys || !place) throw new ApiError('not_found', NONE);
  const known = (await passkeys.list(person.id)).map(({ id }) => id);
  const challenge = await passkeys.challenge(person.id, Date.now());
  return c.json(makeAddOptions({ rpId: place.rpId, challenge, person, known }), 200, { 'cache-control': 'no-store' });
});

passkeyForms.post('/console/you/passkeys', async (c) => {
  const { key: name, response } = await readPersonForm(c, addForm);
  const { person } = await requireFresh(c, YOU);
  const { passkeys } = c.get('services');
  const place = findPasskeyPlace(c.req.url);
  if (!passkeys || !place) throw new ApiError('not_found', NONE);
  const fault = await passkeys.add(person.id, { name, response: parseJson(response), ...place }, Date.now());
  return c.redirect(`/console/you?done=${fault === null ? 'passkey-added' : `passkey-${fault}`}`, 303);
});

passkeyForms.post('/console/you/passkeys/remove', async (c) => {
  const { id } = await readPersonForm(c, removeForm);
  const { person } = await requireFresh(c, YOU);
  await c.get('services').passkeys?.remove(person.id, id);
  return c.redirect('/console/you?done=passkey-removed', 303);
});
