// The built-in model is free. Under a second name it has a price, for those who try out what is paid for, and what is earned.
import { StartError } from './start-error.ts';

export const PAID_MODEL = 'nano-paid';
export const FREE_MODEL = 'nano-demo';

/** Lists the built-in model a second time, at a price. Throws StartError when the router refuses it. */
export async function listPaidModel(url: string, adminSecret: string): Promise<void> {
  const headers = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' };
  const listed = (await (await fetch(`${url}/admin/v1/models`, { headers })).json()) as {
    readonly data: readonly { readonly id: string; readonly digests: readonly string[] }[];
  };
  const free = listed.data.find(({ id }) => id === FREE_MODEL);
  const body = {
    description: 'The built-in demo, at a price.',
    digests: free?.digests ?? [],
    price_in: 1_000_000,
    price_out: 2_000_000,
    context_tokens: 512,
    max_output_tokens: 480,
    tokenizer: 'nano',
  };
  const put = await fetch(`${url}/admin/v1/models/${PAID_MODEL}`, {
    method: 'PUT',
    headers,
    body: JSON.stringify(body),
  });
  if (!put.ok) throw new StartError(`The router did not list ${PAID_MODEL}: ${put.status}`);
}
