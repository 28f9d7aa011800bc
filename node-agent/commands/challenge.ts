// `irori-node challenge`: looks whether the root that waits in its window holds all that the router has signed for this home, and where it does not does what
// is due: challenges it, and when nobody has answered in time makes it void. One step a run; a running agent with a gas key runs it again and again.
import type { Hex } from '../../schema/bytes.ts';
import { fromHex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import {
  keepChallenge,
  listChallengeCalls,
  makeEnforceCall,
  readChallengeFacts,
  readDeposit,
  readSlash,
} from '../chain/challenge-door.ts';
import type { ChallengeFacts } from '../chain/challenge-door.ts';
import { firstLine, openChain } from '../chain/chain-client.ts';
import type { OpenChain } from '../chain/chain-client.ts';
import { sendCall } from '../chain/chain-sender.ts';
import { decideChallenge } from '../chain/decide-challenge.ts';
import type { ChallengePlan, Quiet } from '../chain/decide-challenge.ts';
import { readKeyFile } from '../chain/key-file.ts';
import { NO_VALUE, tellTokenWei } from '../chain/tell-tokens.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { readValues } from '../config/config.ts';
import { tellMany, tellWhen } from '../tell-time.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

/** Looks in one window. */
const LOOKS = 4;
const SOON_S = 3;

/** What was found and done: a sentence, what was sent, and when to look again, s. */
interface Outcome {
  readonly sentence: string;
  readonly transaction: Hex | null;
  readonly againS: number;
}

/** Exit status 0: nothing is wrong, or what is due was done; 1: it could not be; 2: to be asked otherwise; 3: this home was left out, and no key was named to challenge. */
export async function runChallenge(flags: OptionValues, env: Environment): Promise<number> {
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, key } = home.value;
  const gas = await readGasKey(flags, env, folder);
  if (!gas.ok) return complain(gas.error, 2);
  const chain = await openChain({ folder, flags, env });
  if (!chain.ok) return complain(chain.error.sentence, chain.error.exit);
  try {
    const asked = { folder, node: key.address, challengesUnseen: flags.unseen === true };
    const facts = await readChallengeFacts(chain.value, asked);
    const plan = decideChallenge(facts.look);
    const done = await carryOut(chain.value, plan, { facts, folder, gasKey: gas.value });
    if (!done.ok) return complain(done.error, 1);
    const isMissing = gas.value === null && (plan.do === 'challenge' || plan.do === 'enforce');
    process.stdout.write(flags.json === true ? `${JSON.stringify(toJson(plan, done.value))}\n` : format(done.value));
    return isMissing ? 3 : 0;
  } catch (error) {
    return complain(`The chain's node at ${chain.value.url} did not answer: ${firstLine(error)}`, 1);
  }
}

async function readGasKey(flags: OptionValues, env: Environment, folder: string): Promise<Result<Hex | null, string>> {
  const values = readValues(flags, env, folder);
  if (!values.ok) return values;
  const { gasKeyFile } = values.value;
  return typeof gasKeyFile === 'string' ? readKeyFile(gasKeyFile, '--gas-key-file') : ok(null);
}

interface Means {
  readonly facts: ChallengeFacts;
  readonly folder: string;
  readonly gasKey: Hex | null;
}

const WITH_KEY = 'name a key that pays for gas and has the deposit: --gas-key-file FILE';

async function carryOut(chain: OpenChain, plan: ChallengePlan, means: Means): Promise<Result<Outcome, string>> {
  const { facts, gasKey } = means;
  const quiet = Math.ceil(facts.windowSeconds / LOOKS);
  switch (plan.do) {
    case 'nothing':
      return ok({ sentence: tellQuiet(plan.why, plan.epoch, facts), transaction: null, againS: quiet });
    case 'wait': {
      const againS = Math.ceil((plan.until - facts.look.now) / 1000) + 1;
      const when = tellWhen(plan.until, facts.look.now);
      return ok({
        sentence: `The root of epoch ${plan.epoch} is challenged; it may be answered until ${when}.`,
        transaction: null,
        againS,
      });
    }
    case 'challenge':
      if (gasKey === null)
        return ok({
          sentence: `${tellOmission(plan.epoch, facts)} To challenge it, ${WITH_KEY}.`,
          transaction: null,
          againS: SOON_S,
        });
      return challenge(chain, plan.epoch, { ...means, gasKey });
    case 'enforce':
      if (gasKey === null)
        return ok({
          sentence: `Nobody has answered for the root of epoch ${plan.epoch}. To make it void, ${WITH_KEY}.`,
          transaction: null,
          againS: SOON_S,
        });
      return enforce(chain, plan, gasKey);
  }
}

async function challenge(
  chain: OpenChain,
  epoch: number,
  { facts, folder, gasKey }: Means & { readonly gasKey: Hex },
): Promise<Result<Outcome, string>> {
  const { shown, id } = facts;
  if (!shown || id === null) return err('The router has signed for nothing of this home.');
  const by = addressOfPrivateKey(fromHex(gasKey));
  const { has, needs } = await readDeposit(chain, by);
  const omission = tellOmission(epoch, facts);
  if (has < needs)
    return err(
      `${omission} To challenge it ${by} needs a deposit of ${tellTokenWei(needs)} tokens, and has ${tellTokenWei(has)}.`,
    );
  await keepChallenge(folder, { id, epoch });
  let transaction: Hex = '0x';
  for (const call of await listChallengeCalls(chain, by, shown)) {
    const sent = await sendCall(chain, gasKey, call);
    if (!sent.ok) return err(`${omission} It could not be challenged: ${sent.error}`);
    transaction = sent.value.hash;
  }
  const sentence = `${omission} It is challenged, with a deposit of ${tellTokenWei(needs)} tokens that comes back where nobody can answer.`;
  return ok({ sentence, transaction, againS: Math.ceil(facts.windowSeconds / LOOKS) + 1 });
}

async function enforce(
  chain: OpenChain,
  { id, epoch }: { readonly id: Hex; readonly epoch: number },
  gasKey: Hex,
): Promise<Result<Outcome, string>> {
  const sent = await sendCall(chain, gasKey, makeEnforceCall(chain, id));
  if (!sent.ok) return err(`The challenge of epoch ${epoch} could not be enforced: ${sent.error}`);
  const slash = await readSlash(chain, sent.value);
  const lost = slash
    ? ` ${slash.key}, which signed it, lost ${tellTokenWei(slash.taken)} tokens; ${tellTokenWei(slash.reward)} of them are the reward.`
    : '';
  const sentence = `The root of epoch ${epoch} is void, and the deposit is back.${lost} The next root pays all the same: leaves are of all time.`;
  return ok({ sentence, transaction: sent.value.hash, againS: SOON_S });
}

function tellOmission(epoch: number, { look: { leaf, signed } }: ChallengeFacts): string {
  const told = `the router has signed for ${tellMany(Number(signed?.count ?? 0n), 'receipt')} and ${signed?.total ?? 0n} units`;
  if (leaf === 'unseen') return `Nobody shows what the root of epoch ${epoch} has of this home, and ${told}.`;
  return leaf
    ? `The root of epoch ${epoch} has ${tellMany(Number(leaf.count), 'receipt')} and ${leaf.earned} units of this home, and ${told}.`
    : `The root of epoch ${epoch} leaves this home out, and ${told}.`;
}

function tellQuiet(why: Quiet, epoch: number | null, facts: ChallengeFacts): string {
  const { look, unseen } = facts;
  switch (why) {
    case 'no-root':
      return 'No root waits in its window: there is nothing to challenge.';
    case 'nothing-signed':
      return `The router has signed for nothing of this home until the end of epoch ${epoch ?? 0}.`;
    case 'held':
      return `The root of epoch ${epoch ?? 0} holds all that the router has signed for: ${tellMany(Number(look.signed?.count ?? 0n), 'receipt')}, ${look.signed?.total ?? 0n} units.`;
    case 'unseen':
      return `${unseen ?? ''} To be shown what the root has of this home: irori-node challenge --unseen; whoever shows it takes the deposit.`;
    case 'late':
      return `${tellOmission(epoch ?? 0, facts)} Its window is over.`;
    case 'answered':
      return `The root of epoch ${epoch ?? 0} was challenged, and somebody has answered with the leaf.`;
  }
}

function toJson(plan: ChallengePlan, { sentence, transaction, againS }: Outcome): object {
  const why = plan.do === 'nothing' ? plan.why : null;
  return { do: plan.do, why, epoch: plan.epoch, sentence, transaction, again_in_s: againS };
}

function format({ sentence, transaction }: Outcome): string {
  return tellLines([sentence, ...(transaction === null ? [] : [`transaction ${transaction} (${NO_VALUE})`])]);
}
