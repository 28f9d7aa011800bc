// `irori-node wallet`: where this home's tokens go. The first wallet is named by the home's own key: to the router, whose next files of leaves have it, or on
// the chain, where it is bound for good and goes before what any leaf says. Whoever has a bound wallet names the next one; the home cannot.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { WALLET_BINDING } from '../../schema/chain-messages.ts';
import { PAYOUTS_ABI } from '../../schema/contracts/abi.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { firstLine, openChain } from '../chain/chain-client.ts';
import type { OpenChain } from '../chain/chain-client.ts';
import { sendCall, writeCall } from '../chain/chain-sender.ts';
import type { ChainCall, SentCall } from '../chain/chain-sender.ts';
import { readKeyFile } from '../chain/key-file.ts';
import { tellCoins } from '../chain/tell-tokens.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askClaim } from '../link/claim-question.ts';
import { sendSigned } from '../link/signed-question.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import type { OwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

const PATH = '/node/v1/wallet';
const namedSchema = z.object({ wallet: z.string().max(100) });

interface Asked {
  readonly home: OwnHome;
  readonly chain: OpenChain;
  /** Bound on the chain; null for none. */
  readonly bound: Hex | null;
}

/** What was done, in a sentence; the call that another has to send; what was sent. */
interface Done {
  readonly did: string | null;
  readonly call: ChainCall | null;
  readonly sent: SentCall | null;
}

const NOTHING: Done = { did: null, call: null, sent: null };

/** Without an address it tells what there is. Exit status 0, 1 where nothing could be done, 2 where the owner has to say it otherwise. */
export async function runWallet(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const [word] = words;
  if (word !== undefined && (!/^0x[0-9a-fA-F]{40}$/.test(word) || /^0x0+$/.test(word)))
    return complain(`'${word.slice(0, 100)}' is no address of a wallet: 0x and 40 hex digits.`, 2);
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const chain = await openChain({ folder: home.value.folder, flags, env });
  if (!chain.ok) return complain(chain.error.sentence, chain.error.exit);
  try {
    const asked = { home: home.value, chain: chain.value, bound: await readBound(chain.value, home.value.key.address) };
    const wallet = word?.toLowerCase() as Hex | undefined;
    const done = wallet === undefined ? ok(NOTHING) : await name(asked, wallet, flags);
    if (!done.ok) return complain(done.error, 1);
    const bound = await readBound(chain.value, home.value.key.address);
    const told = await askClaim(home.value.status.router, home.value.key, false);
    const all = { ...done.value, node: home.value.key.address, bound, named: told.ok ? told.value.named_wallet : null };
    process.stdout.write(flags.json === true ? formatJson(chain.value, all) : format(chain.value, all));
    return 0;
  } catch (error) {
    return complain(`The chain's node at ${chain.value.url} did not answer: ${firstLine(error)}`, 1);
  }
}

async function readBound({ read, addresses }: OpenChain, node: Hex): Promise<Hex | null> {
  const of = { address: addresses.payouts, abi: PAYOUTS_ABI, functionName: 'walletOf' } as const;
  const bound = (await read.readContract({ ...of, args: [node] })).toLowerCase() as Hex;
  return bound === ZERO_ADDRESS ? null : bound;
}

async function name(asked: Asked, wallet: Hex, flags: OptionValues): Promise<Result<Done, string>> {
  const { home, chain, bound } = asked;
  const { key, status } = home;
  if (bound === wallet) return ok({ ...NOTHING, did: 'It is bound on the chain already.' });
  if (bound !== null) return change(asked, wallet, flags);
  const binding = { node: key.address, wallet };
  const signature = makeMessageSigner(chain.domain).sign(WALLET_BINDING, binding, key.privateKey);
  const call = toCall(chain, 'bindWallet', [key.address, wallet, signature]);
  if (flags.print === true) return ok({ ...NOTHING, call });
  if (typeof flags.gasKeyFile === 'string')
    return sendBy(chain, call, { path: flags.gasKeyFile, flag: '--gas-key-file' });
  const body = JSON.stringify({ wallet, signature });
  const answer = await sendSigned({ router: status.router, key, path: PATH, body }, Date.now());
  if (!answer.ok)
    return err(
      `${answer.error} On the chain it can be named without the router: irori-node wallet ${wallet} --gas-key-file FILE, or --print.`,
    );
  const named = namedSchema.safeParse(answer.value);
  if (named.success)
    return ok({ ...NOTHING, did: 'The router has it: the next file of an epoch names it, and claims are paid to it.' });
  return err(`${status.router} does not answer like an Irori router.`);
}

/** The bound wallet alone may name another. */
async function change({ home, chain, bound }: Asked, wallet: Hex, flags: OptionValues): Promise<Result<Done, string>> {
  const call = toCall(chain, 'changeWallet', [home.key.address, wallet]);
  if (typeof flags.walletKeyFile === 'string')
    return sendBy(chain, call, { path: flags.walletKeyFile, flag: '--wallet-key-file' });
  if (flags.print === true) return ok({ ...NOTHING, call });
  return err(
    `This home is paid to ${bound ?? ''}, bound on the chain: only that wallet names another. Let it send what irori-node wallet ${wallet} --print prints, or name the file with its key: --wallet-key-file FILE.`,
  );
}

async function sendBy(
  chain: OpenChain,
  call: ChainCall,
  { path, flag }: { readonly path: string; readonly flag: string },
): Promise<Result<Done, string>> {
  const key = await readKeyFile(path, flag);
  if (!key.ok) return key;
  const sent = await sendCall(chain, key.value, call);
  return sent.ok ? ok({ did: 'It is bound on the chain.', call: null, sent: sent.value }) : sent;
}

function toCall({ addresses }: OpenChain, functionName: string, args: readonly unknown[]): ChainCall {
  return { address: addresses.payouts, abi: PAYOUTS_ABI, functionName, args };
}

interface Told extends Done {
  readonly node: Hex;
  readonly bound: Hex | null;
  /** As the router has it. */
  readonly named: string | null;
}

function formatJson(chain: OpenChain, { did, call, sent, node, bound, named }: Told): string {
  const transaction = sent && { hash: sent.hash, block: sent.block, coins: tellCoins(sent.cost) };
  return `${JSON.stringify({ node, bound, named, did, transaction, unsent: call && writeCall(chain, call) })}\n`;
}

function format(chain: OpenChain, { did, call, sent, node, bound, named }: Told): string {
  const lines = [
    ...(did === null ? [] : [did]),
    ...(sent ? [`By ${sent.hash}, for ${tellCoins(sent.cost)} test coins of gas.`] : []),
    `node       ${node}`,
    `wallet     ${bound ?? named ?? 'none: irori-node wallet 0x…'}`,
    ...(bound === null && named !== null
      ? ['It is named to the router, not bound on the chain, where the home’s key could still bind another.']
      : []),
  ];
  return `${tellLines(lines)}${call ? `${JSON.stringify(writeCall(chain, call))}\n` : ''}`;
}
