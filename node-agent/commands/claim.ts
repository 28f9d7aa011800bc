// `irori-node claim`: what this home earned, paid to its wallet on the chain. By default the router has it sent and pays the gas; with a gas key of the owner's,
// or any wallet, it needs no router: what this home mirrored and the chain are enough. Needs no running agent.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { tellCoins, tellTokens, NO_VALUE } from '../chain/tell-tokens.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askClaim } from '../link/claim-question.ts';
import type { ToldClaim } from '../link/claim-question.ts';
import { claimAlone } from './claim-alone.ts';
import type { AloneOutcome, NamedKeyFile } from './claim-alone.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import type { OwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

/** So long a claim that the router sends is waited for, and how often it is asked, ms. */
const WAIT_MS = 45_000;
const ASK_MS = 1_000;

/** Exit status 0: paid, on its way, printed, or nothing to claim; 1 it could not be done; 2 the owner has to say something else. */
export async function runClaim(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { print, leaves, gasKeyFile, walletKeyFile, toCredit } = flags;
  const isAlone = print === true || [leaves, gasKeyFile, walletKeyFile, toCredit].some((value) => value !== undefined);
  return isAlone ? runAlone(home.value, flags, env) : runSponsored(home.value, flags);
}

async function runAlone({ folder, key }: OwnHome, flags: OptionValues, env: Environment): Promise<number> {
  const account = readAccountCode(flags);
  if (!account.ok) return complain(account.error, 2);
  const keyFile = flags.print === true ? null : pickKeyFile(flags);
  const outcome = await claimAlone({ folder, node: key.address, flags, env, keyFile, account: account.value });
  if (!outcome.ok) return complain(outcome.error.sentence, outcome.error.exit);
  for (const warning of outcome.value.warnings) complain(`WARNING: ${warning}`, 1);
  process.stdout.write(flags.json === true ? formatAloneJson(outcome.value) : formatAlone(outcome.value));
  return 0;
}

/** Null where the wallet is to be paid. */
function readAccountCode({ toCredit, walletKeyFile, print }: OptionValues): Result<Hex | null, string> {
  if (typeof toCredit !== 'string') return ok(null);
  if (!/^0x[0-9a-fA-F]{64}$/.test(toCredit))
    return err('--to-credit must be the code of an account: 0x and 64 hex digits, as GET /v1/credit/chain tells it.');
  return walletKeyFile !== undefined || print === true
    ? ok(toCredit.toLowerCase() as Hex)
    : err(
        'Only the wallet itself can turn this into credit: name the file with its key (--wallet-key-file FILE), or have the transaction printed for it (--print).',
      );
}

/** A wallet may pay for its own gas. */
function pickKeyFile({ walletKeyFile, gasKeyFile }: OptionValues): NamedKeyFile | null {
  if (typeof walletKeyFile === 'string') return { path: walletKeyFile, flag: '--wallet-key-file' };
  return typeof gasKeyFile === 'string' ? { path: gasKeyFile, flag: '--gas-key-file' } : null;
}

async function runSponsored({ status, key }: OwnHome, flags: OptionValues): Promise<number> {
  const { router } = status;
  let told = await askClaim(router, key, true);
  const isOld = told.ok && told.value.state === 'paid';
  for (const until = Date.now() + WAIT_MS; told.ok && isSoon(told.value, until);) {
    await sleep(ASK_MS);
    const again = await askClaim(router, key, false);
    if (again.ok) told = again;
  }
  if (!told.ok) {
    const { sentence, isAway } = told.error;
    const without =
      'Without it: irori-node claim --gas-key-file FILE sends the claim with test coins of your own, irori-node claim --print prints it for any wallet.';
    return complain(isAway ? `${sentence} ${without}` : sentence, 1);
  }
  const { state, named_wallet: named } = told.value;
  if (state === 'no_wallet' && named === null)
    return complain('This home has no wallet to be paid to. Name one: irori-node wallet 0x….', 2);
  if (state === 'no_wallet')
    return complain(`No final epoch names the wallet ${named ?? ''} yet: wait for the next one.`, 1);
  process.stdout.write(flags.json === true ? `${JSON.stringify(told.value)}\n` : formatSponsored(told.value, isOld));
  return 0;
}

function isSoon({ state, due_at: dueAt }: ToldClaim, until: number): boolean {
  if (Date.now() >= until) return false;
  return state === 'sent' || (state === 'waiting' && dueAt !== null && dueAt < until);
}

/** `isOld`: what was paid had been paid before this command asked. */
function formatSponsored(told: ToldClaim, isOld: boolean): string {
  const { state, wallet, claimable_micro: claimable, claimed_micro: claimed, wait_until: wait, transaction } = told;
  const gas = 'the router pays it';
  const to = wallet === null ? [] : [`wallet     ${wallet}`];
  const paid = `claimed    ${tellTokens(BigInt(claimed))} tokens so far (${NO_VALUE})`;
  switch (state) {
    case 'paid':
    case 'nothing':
      return tellLines([
        ...(transaction === null || isOld ? ['Nothing is to be claimed now.'] : []),
        ...(transaction === null ? [] : [`${isOld ? 'What was claimed last was paid' : 'Paid'} by ${transaction}.`]),
        ...to,
        paid,
      ]);
    case 'sent':
      return tellLines([
        `claimable  ${tellTokens(BigInt(claimable))} tokens (${NO_VALUE}), on their way by ${transaction ?? 'a transaction'}`,
        ...to,
        `gas        ${gas}`,
        'It goes on by itself: look again with irori-node claim.',
      ]);
    case 'open':
    case 'waiting':
    case 'no_wallet':
      return tellLines([
        `claimable  ${tellTokens(BigInt(claimable))} tokens (${NO_VALUE})`,
        ...to,
        `gas        ${gas}`,
        wait ?? 'It is sent as soon as others can be sent with it.',
        'It goes on by itself; at once and with test coins of your own: irori-node claim --gas-key-file FILE.',
        paid,
      ]);
  }
}

function formatAlone(outcome: AloneOutcome): string {
  const { units, wallet, account, claimed, epoch, gas, transaction, sent, why } = outcome;
  const label = sent === null ? 'claimable ' : account === null ? 'paid now  ' : 'burned now';
  const lines = [
    ...(why === null ? [] : [why]),
    ...(units > 0n ? [`${label} ${tellTokens(units)} tokens (${NO_VALUE})`] : []),
    ...(wallet === null ? [] : [`wallet     ${wallet}`]),
    ...(gas === null ? [] : [`gas        ${gas.units}, which cost ${tellCoins(gas.cost)} test coins now`]),
    `claimed    ${tellTokens(claimed)} tokens so far (${NO_VALUE})${epoch === null ? '' : `; the last final epoch is ${epoch}`}`,
    ...(sent === null
      ? []
      : [
          `${account === null ? 'Paid' : 'Burned'} by ${sent.hash} in block ${sent.block}, for ${tellCoins(sent.cost)} test coins of gas.`,
        ]),
    ...(account === null || units === 0n
      ? []
      : [`credit     of the account ${account}, one credit a token, once the transaction lies deep`]),
    ...(transaction === null || sent !== null
      ? []
      : [
          '',
          account === null
            ? 'Any wallet may send this; the tokens go to the wallet above whoever sends it.'
            : 'Only the wallet above can send this: it burns its tokens for credit.',
          `chain  ${transaction.chainId}`,
          `to     ${transaction.to}`,
          'value  0',
        ]),
  ];
  // Bytes are copied: no line of theirs is broken.
  const data = transaction !== null && sent === null ? `data   ${transaction.data}\n` : '';
  return `${tellLines(lines)}${data}`;
}

function formatAloneJson(outcome: AloneOutcome): string {
  const { units, wallet, account, claimed, epoch, gas, transaction, sent, why } = outcome;
  const json = {
    claimable_micro: Number(units),
    claimed_micro: Number(claimed),
    wallet,
    account_code: account,
    last_final_epoch: epoch,
    why,
    gas: gas && { units: Number(gas.units), coins: tellCoins(gas.cost) },
    transaction: sent
      ? { hash: sent.hash, block: sent.block, gas: Number(sent.gas), coins: tellCoins(sent.cost) }
      : null,
    unsent: sent || !transaction ? null : transaction,
    notice: NO_VALUE,
  };
  return `${JSON.stringify(json)}\n`;
}
