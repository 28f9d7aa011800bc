// `irori-node bond` and `unbond`: tokens that stand for this home's key, or for another key whose file is named. The wallet that they belong to signs here
// only where its key file is named for this one command; else the command prints what a wallet has to send.
import type { Hex } from '../../schema/bytes.ts';
import { BONDS_ABI, TOKEN_ABI } from '../../schema/contracts/abi.ts';
import { fromHex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { listBondCalls, makePermitCall, readBond, signConsent } from '../chain/bond-standing.ts';
import type { BondStanding } from '../chain/bond-standing.ts';
import { firstLine, openChain } from '../chain/chain-client.ts';
import type { NoChain, OpenChain } from '../chain/chain-client.ts';
import { sendCall, writeCall } from '../chain/chain-sender.ts';
import type { ChainCall, SentCall } from '../chain/chain-sender.ts';
import { readKeyFile } from '../chain/key-file.ts';
import { readOwnersWallet } from '../chain/owners-wallet.ts';
import type { OwnersWallet } from '../chain/owners-wallet.ts';
import { parseTokens } from '../chain/parse-tokens.ts';
import { NO_VALUE, tellCoins, tellTokenWei as tellTokens } from '../chain/tell-tokens.ts';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { tellSpan, tellWhen } from '../tell-time.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

interface Asked {
  readonly chain: OpenChain;
  readonly key: SessionKey;
  /** Null where neither a key nor an address was named. */
  readonly wallet: OwnersWallet | null;
}

/** What was done: the calls that were sent, or that a wallet has to send, and what stands then. */
interface Done {
  readonly did: string | null;
  readonly sent: SentCall | null;
  readonly calls: readonly ChainCall[];
  readonly bond: BondStanding;
}

type Act = (asked: Asked, word: string) => Promise<Result<Omit<Done, 'bond'>, string>>;

/** Without an amount it tells what stands. Exit status 0, 1 where nothing could be done, 2 where the owner has to say it otherwise. */
export function runBond(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  return run(words[0], bond, flags, env);
}

/** `unbond AMOUNT` starts to take tokens out, `unbond withdraw` takes what is out of its time. */
export function runUnbond(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  return run(words[0], (asked, word) => (word === 'withdraw' ? withdraw(asked) : unbond(asked, word)), flags, env);
}

async function run(word: string | undefined, act: Act, flags: OptionValues, env: Environment): Promise<number> {
  const asked = await open(flags, env);
  if (!asked.ok) return complain(asked.error.sentence, asked.error.exit);
  const { chain, key } = asked.value;
  try {
    const nothing = { did: null, sent: null, calls: [] };
    const done = word === undefined ? ok(nothing) : await act(asked.value, word);
    if (!done.ok) return complain(done.error, 1);
    const all = { ...done.value, bond: await readBond(chain, key.address) };
    process.stdout.write(flags.json === true ? `${JSON.stringify(toJson(chain, all))}\n` : format(chain, all));
    return 0;
  } catch (error) {
    return complain(`The chain's node at ${chain.url} did not answer: ${firstLine(error)}`, 1);
  }
}

async function open(flags: OptionValues, env: Environment): Promise<Result<Asked, NoChain>> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return err({ sentence: folder.error, exit: 2 });
  const wallet = await readOwnersWallet(flags);
  if (!wallet.ok) return err({ sentence: wallet.error, exit: 2 });
  const key = await readBondedKey(flags, env);
  if (!key.ok) return key;
  const chain = await openChain({ folder: folder.value, flags, env });
  return chain.ok ? ok({ chain: chain.value, key: key.value, wallet: wallet.value }) : chain;
}

/** This home's, or the one whose file is named: a router's or a root key is no home's. */
async function readBondedKey(flags: OptionValues, env: Environment): Promise<Result<SessionKey, NoChain>> {
  if (typeof flags.bondedKeyFile !== 'string') {
    const home = await findOwnHome(flags, env);
    return home.ok ? ok(home.value.key) : home;
  }
  const read = await readKeyFile(flags.bondedKeyFile, '--bonded-key-file');
  if (!read.ok) return err({ sentence: read.error, exit: 2 });
  const privateKey = fromHex(read.value);
  return ok({ privateKey, address: addressOfPrivateKey(privateKey) });
}

const WHOSE =
  'Whose tokens? Name the file with its wallet’s key (--wallet-key-file FILE), or its address (--owner 0x…) for transactions that the wallet sends itself.';

const bond: Act = async ({ chain, key, wallet }, word) => {
  if (!wallet) return err(WHOSE);
  const standing = await readBond(chain, key.address);
  if (standing.owner !== null && standing.owner !== wallet.address)
    return err(
      `${key.address} is bonded by ${standing.owner} already: only that wallet can add to it, or take it out.`,
    );
  const token = { address: chain.addresses.token, abi: TOKEN_ABI } as const;
  const balance = await chain.read.readContract({ ...token, functionName: 'balanceOf', args: [wallet.address] });
  const amount = readAmount(word, balance);
  if (!amount.ok) return amount;
  if (amount.value > balance) return err(`${wallet.address} has ${tellTokens(balance)} tokens.`);
  const consent = signConsent(chain, key, wallet.address, standing);
  const did = `bonded ${tellTokens(amount.value)} test tokens of ${wallet.address} behind ${key.address}`;
  if (wallet.key === null)
    return ok({ did, sent: null, calls: listBondCalls(chain, key.address, amount.value, consent) });
  const call = await makePermitCall(chain, wallet.key, { key: key.address, amount: amount.value, consent });
  return send(chain, wallet.key, { did, call });
};

const unbond: Act = async ({ chain, key, wallet }, word) => {
  const standing = await readBond(chain, key.address);
  const owned = findOwner(standing, wallet);
  if (!owned.ok) return owned;
  const amount = readAmount(word, standing.amount);
  if (!amount.ok) return amount;
  if (amount.value > standing.amount) return err(`Only ${tellTokens(standing.amount)} tokens are bonded.`);
  const call = { ...bondsOf(chain), functionName: 'unbond', args: [key.address, amount.value] };
  const did = `${tellTokens(amount.value)} test tokens are leaving: they can be lost until they are withdrawn, and can be withdrawn ${tellSpan(standing.unbondSeconds * 1000)} from now${standing.leaving > 0n ? ', with those that were leaving already, whose time starts anew' : ''}`;
  return owned.value.key === null
    ? ok({ did, sent: null, calls: [call] })
    : send(chain, owned.value.key, { did, call });
};

async function withdraw({ chain, key, wallet }: Asked): ReturnType<Act> {
  const standing = await readBond(chain, key.address);
  const owned = findOwner(standing, wallet);
  if (!owned.ok) return owned;
  if (standing.readyAt === null) return err('Nothing is leaving: irori-node unbond AMOUNT starts it.');
  if (standing.now < standing.readyAt)
    return err(
      `${tellTokens(standing.leaving)} tokens can be withdrawn from ${tellWhen(standing.readyAt, standing.now)} on, by the chain’s clock.`,
    );
  const call = { ...bondsOf(chain), functionName: 'withdraw', args: [key.address] };
  const did = `withdrew ${tellTokens(standing.leaving)} test tokens to ${owned.value.address}`;
  return owned.value.key === null
    ? ok({ did, sent: null, calls: [call] })
    : send(chain, owned.value.key, { did, call });
}

function findOwner(standing: BondStanding, wallet: OwnersWallet | null): Result<OwnersWallet, string> {
  if (!wallet) return err(WHOSE);
  if (standing.owner === null) return err(`Nothing is bonded behind ${standing.key}.`);
  return standing.owner === wallet.address
    ? ok(wallet)
    : err(`${standing.key} is bonded by ${standing.owner}: only that wallet takes it out.`);
}

function bondsOf({ addresses }: OpenChain): Pick<ChainCall, 'address' | 'abi'> {
  return { address: addresses.bonds, abi: BONDS_ABI };
}

function readAmount(word: string, all: bigint): Result<bigint, string> {
  const amount = parseTokens(word);
  if (!amount.ok) return amount;
  const wei = amount.value === 'all' ? all : amount.value;
  return wei > 0n ? ok(wei) : err('There is nothing of it.');
}

async function send(
  chain: OpenChain,
  key: Hex,
  { did, call }: { readonly did: string; readonly call: ChainCall },
): ReturnType<Act> {
  const sent = await sendCall(chain, key, call);
  return sent.ok ? ok({ did, sent: sent.value, calls: [] }) : sent;
}

function toJson(chain: OpenChain, { did, sent, calls, bond: standing }: Done): object {
  const { key, owner, amount, leaving, readyAt, votes, unbondSeconds } = standing;
  return {
    chain_id: chain.domain.chainId,
    note: NO_VALUE,
    did: calls.length > 0 ? null : did,
    ...(sent && { transaction: sent.hash, gas: Number(sent.gas), cost_wei: String(sent.cost) }),
    ...(calls.length > 0 && { transactions: calls.map((call) => writeCall(chain, call)) }),
    key,
    owner,
    bonded: tellTokens(amount),
    leaving: tellTokens(leaving),
    ready_at: readyAt === null ? null : new Date(readyAt).toISOString(),
    votes_of_owner: tellTokens(votes),
    unbond_seconds: unbondSeconds,
  };
}

function format(chain: OpenChain, done: Done): string {
  const { did, sent, calls, bond: standing } = done;
  const { key, owner, amount, leaving, readyAt, votes, unbondSeconds, now } = standing;
  const lines = [
    ...(calls.length > 0
      ? [
          `For the wallet ${owner ?? ''}`.trimEnd(),
          'Send in this order:',
          ...calls.map((call) => JSON.stringify(writeCall(chain, call))),
          '',
        ]
      : []),
    ...(did !== null && calls.length === 0
      ? [
          did,
          ...(sent ? [`transaction ${sent.hash}`, `gas         ${sent.gas} (${tellCoins(sent.cost)} test coins)`] : []),
          '',
        ]
      : []),
    `key         ${key}`,
    `bonded      ${tellTokens(amount)} test tokens, no value${owner === null ? '' : `, of ${owner}`}`,
    `leaving     ${tellTokens(leaving)}${readyAt === null ? '' : readyAt <= now ? ': irori-node unbond withdraw takes them out' : `, from ${tellWhen(readyAt, now)} on`}`,
    ...(owner === null
      ? []
      : [
          `votes       ${tellTokens(votes)} of ${owner} in all${votes === 0n && amount > 0n ? ': they vote once it has named who does (irori-node vote)' : ''}`,
        ]),
    '',
    `Unbonding takes ${tellSpan(unbondSeconds * 1000)}. What is bonded can be lost, and only by evidence that anyone can check: for a home’s key two receipts of one number. Never run two copies of a bonded home.`,
  ];
  return tellLines(lines);
}
