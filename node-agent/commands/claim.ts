// `irori-node claim`: what this home earned, paid to its wallet on the chain.
import { openChain } from '../chain/chain-client.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';

export async function runClaim(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const chain = await openChain({ folder: home.value.folder, flags, env });
  if (!chain.ok) return complain(chain.error.sentence, chain.error.exit);
  return complain(`Claims are not made yet (${chain.value.kind.name}).`, 1);
}
