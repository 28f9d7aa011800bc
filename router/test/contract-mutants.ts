// Faults that somebody could make in the contracts, each a changed place of a source. All of them are compiled at once, each behind a switch that the chain
// holds, since compiling takes longer than finding one.
import type { DeployArtifact } from '../local/compile-contracts.ts';
import { compileContracts, readSources } from '../local/compile-contracts.ts';

export interface Mutant {
  /** What is wrong with it. */
  readonly name: string;
  /** Source, without its ending. */
  readonly of: string;
  /** A text that stands there once. */
  readonly from: string;
  /** What stands there instead; ON is true where this mutant is at work. */
  readonly to: string;
}

const condition = (of: string, name: string, from: string): Mutant => {
  const negated = from.replace(/^if \((.*)\) (revert|return|continue)/su, 'if (!ON && ($1)) $2');
  return { of, name, from, to: negated };
};
const dropped = (of: string, name: string, from: string): Mutant => ({ of, name, from, to: `if (!ON) ${from}` });
const changed = (of: string, name: string, from: string, to: string): Mutant => ({ of, name, from, to });

export const MUTANTS: readonly Mutant[] = [
  dropped('Payouts', 'what was paid is not written down', 'claimed[leaf.node] = all;'),
  changed('Payouts', 'any proof pays', 'if (root == last.root) return', 'if (ON || root == last.root) return'),
  condition('Payouts', 'the root before the last pays no more', 'if (root == beforeLast.root) return'),
  changed(
    'Payouts',
    'the window is not waited for',
    '&& block.timestamp >= pending.finalAt;',
    '&& (ON || block.timestamp >= pending.finalAt);',
  ),
  changed(
    'Payouts',
    'the next post makes a challenged root final',
    'return pending.open == 0 &&',
    'return (ON || pending.open == 0) &&',
  ),
  condition('Payouts', 'an epoch is posted twice', 'if (signed.epoch <= lastPosted) revert AlreadyPosted'),
  condition(
    'Payouts',
    'an epoch is posted that is not over',
    'if (signed.epoch >= rules.currentEpoch()) revert NotOver',
  ),
  condition('Payouts', 'any key signs roots', 'if (signer != rules.rootKey()) revert NotRootKey'),
  condition(
    'Payouts',
    'a root key needs no bond',
    'if (bonds.bondedOf(signer) < set.rootBondUnits * UNIT) revert TooLittleBonded',
  ),
  condition('Payouts', 'more is minted than the cap', 'if (signed.total - last.total > cap * epochs) revert OverCap'),
  changed(
    'Payouts',
    'epochs that were left out count without end',
    'if (epochs > MOST_EPOCHS_AT_ONCE)',
    'if (!ON && epochs > MOST_EPOCHS_AT_ONCE)',
  ),
  changed(
    'Payouts',
    'the whole total is minted again',
    'uint256(due.total - last.total) * UNIT',
    'uint256(ON ? due.total : due.total - last.total) * UNIT',
  ),
  condition('Payouts', 'a pause stops nothing', 'if (rules.isPaused()) revert IsPaused'),
  changed(
    'Payouts',
    'a bound wallet is passed over',
    'if (wallet == address(0)) wallet = leaf.wallet;',
    'if (ON || wallet == address(0)) wallet = leaf.wallet;',
  ),
  condition('Payouts', "anybody burns a wallet's claim", 'if (_payeeOf(leaf) != msg.sender) revert NotWallet'),
  dropped('Payouts', 'a claim to credit burns nothing', 'token.burn(units * UNIT);'),
  condition('Payouts', 'a wallet is bound twice', 'if (walletOf[node] != address(0)) revert AlreadyBound'),
  condition('Payouts', 'anybody changes a wallet', 'if (walletOf[node] != msg.sender) revert NotWallet'),
  condition(
    'Payouts',
    'a challenge comes after the window',
    'if (block.timestamp >= pending.finalAt && !rules.isPaused()) revert WindowOver',
  ),
  changed('Payouts', 'a pause is no time to challenge', '&& !rules.isPaused()', '&& (ON || !rules.isPaused())'),
  condition(
    'Payouts',
    'a challenge with an acceptance of a later epoch',
    'if (acceptance.epoch > pending.epoch) revert NotOfEpoch',
  ),
  condition(
    'Payouts',
    'a challenge with an acceptance by any key',
    'if (!rules.isRouterKey(signer, acceptance.epoch)) revert NotRouterKey',
  ),
  condition('Payouts', 'one acceptance challenges twice', 'if (wasChallenged[id]) revert AlreadyChallenged'),
  changed('Payouts', "another node's leaf answers", 'leaf.node != open.node ||', '(!ON && leaf.node != open.node) ||'),
  changed(
    'Payouts',
    'a leaf with too few jobs answers',
    '|| leaf.count < open.count ||',
    '|| (!ON && leaf.count < open.count) ||',
  ),
  changed(
    'Payouts',
    'a leaf with too little pay answers',
    '|| leaf.earned < open.total',
    '|| (!ON && leaf.earned < open.total)',
  ),
  condition(
    'Payouts',
    'silence is not waited for',
    'if (isPending && block.timestamp < open.deadline) revert MayBeAnswered',
  ),
  dropped('Payouts', "a challenger's deposit is kept", 'bonds.giveDeposit(open.challenger, DEPOSIT);'),
  changed(
    'Payouts',
    'silence costs the signer nothing',
    'if (isPending) bonds.slashForOmission',
    'if (!ON && isPending) bonds.slashForOmission',
  ),
  condition('Payouts', 'anybody makes a root void', 'if (msg.sender != rules.timelock()) revert NotTimelock'),
  condition(
    'Payouts',
    'a proof ends at another acceptance',
    'if (MerkleProof.processProof(toLeaf, digest) != leaf.acceptancesRoot) revert',
  ),
  changed(
    'Bonds',
    'receipts of two numbers are evidence',
    '|| one.seq != other.seq)',
    '|| (!ON && one.seq != other.seq))',
  ),
  condition('Bonds', 'one receipt is two', 'if (oneDigest == otherDigest) revert'),
  condition(
    'Bonds',
    "another's receipt is evidence",
    'if (_proverOf(otherDigest, RECEIPTS, one.node, otherProof) != one.node) revert',
  ),
  changed(
    'Bonds',
    'a later acceptance of an earlier epoch is no fault',
    '|| other.epoch < one.epoch;',
    '|| (!ON && other.epoch < one.epoch);',
  ),
  changed(
    'Bonds',
    'two roots of two epochs are evidence',
    'if (one.epoch != other.epoch ||',
    'if ((!ON && one.epoch != other.epoch) ||',
  ),
  condition(
    'Bonds',
    'acceptances of an epoch to come are evidence',
    'if (epoch > rules.currentEpoch() + 1) revert NotYet',
  ),
  condition('Bonds', 'roots of an epoch to come are evidence', 'if (one.epoch > rules.currentEpoch()) revert NotYet'),
  dropped('Bonds', 'a fault is punished again', 'isPunished[fault] = true;'),
  dropped('Bonds', 'what leaves goes on voting', '_takeVotes(msg.sender, amount);'),
  changed(
    'Bonds',
    'what leaves is not lost',
    '(uint256(held.amount) + held.leaving) * set.slashBps',
    '(uint256(held.amount) + (ON ? 0 : held.leaving)) * set.slashBps',
  ),
  dropped('Bonds', 'what is taken goes on voting', '_takeVotes(owner, fromAmount);'),
  dropped('Bonds', 'a bond is withdrawn twice', 'held.leaving = 0;'),
  condition('Bonds', 'unbonding is not waited for', 'if (block.timestamp < held.readyAt) revert NotReady'),
  dropped('Bonds', 'a consent counts again', 'held.nonce += 1;'),
  condition('Bonds', 'a key does not consent', 'if (_signerOf(digest, consent) != key) revert NotConsented'),
  condition(
    'Bonds',
    'anybody gives deposits away',
    'if (msg.sender != payouts) revert NotPayouts();\n        token.transfer(to',
  ),
  dropped('Bonds', 'what is taken is not burned', 'token.burn(taken - reward);'),
  changed(
    'MessageDomain',
    'a seal of any kind will do',
    'if (proof.seal.kind != kind ||',
    'if ((!ON && proof.seal.kind != kind) ||',
  ),
  changed(
    'MessageDomain',
    "another node's seal will do",
    '|| proof.seal.node != node)',
    '|| (!ON && proof.seal.node != node))',
  ),
  condition(
    'MessageDomain',
    'a message need not be under its seal',
    'if (MerkleProof.processProof(proof.siblings, digest) != proof.seal.root) revert',
  ),
  changed(
    'Messages',
    'what was spent is paid too',
    'uint256(leaf.withheld) + leaf.spent',
    'uint256(leaf.withheld) + (ON ? 0 : leaf.spent)',
  ),
  changed('Rules', 'a change counts at once', '&& epoch >= nextFromEpoch ?', '&& (ON || epoch >= nextFromEpoch) ?'),
  changed(
    'Rules',
    'a change that counted is forgotten by the next',
    '&& now_ >= nextFromEpoch) _values',
    '&& !ON && now_ >= nextFromEpoch) _values',
  ),
  changed('Rules', 'a router key counts for ever', '&& epoch <= named.toEpoch;', '&& (ON || epoch <= named.toEpoch);'),
  condition('Rules', 'one pause follows another', 'if (block.timestamp < nextPauseFrom) revert TooSoon'),
  condition('Rules', 'a guardian pauses again', 'if (!mayPause) revert PauseUsed'),
  changed(
    'Rules',
    'a pause of any length',
    '|| forSeconds > MOST_PAUSE_SECONDS)',
    '|| (!ON && forSeconds > MOST_PAUSE_SECONDS))',
  ),
  changed('Rules', 'more than a bond is taken', '|| set.slashBps > 10_000)', '|| (!ON && set.slashBps > 10_000))'),
  changed(
    'Rules',
    'a window as long as an epoch',
    '|| set.windowSeconds > epochSeconds - epochSeconds / 12)',
    '|| (!ON && set.windowSeconds > epochSeconds - epochSeconds / 12))',
  ),
  condition('IroriToken', 'anybody mints', 'if (msg.sender != minter) revert NotMinter'),
  dropped('Credits', 'credit is bought for nothing', 'token.burnFrom(msg.sender, units * UNIT);'),
  condition('Credits', 'anybody books credit', 'if (msg.sender != payouts) revert NotPayouts'),
];

/** Which mutant is at work: as many wei as the switch holds (World.sol). Pure where it is asked, or half of the mutants would not compile. */
const SWITCH = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

function look(uint256 mutant) view returns (bool) {
    return address(0x4d75744e74).balance == mutant;
}

function isOn(uint256 mutant) pure returns (bool) {
    function(uint256) view returns (bool) looking = look;
    function(uint256) pure returns (bool) asked;
    assembly {
        asked := looking
    }
    return asked(mutant);
}
`;

/** What the mutants can be made of: neither the vote, which is a library's, nor what stands for tests. */
const SOURCES = ['Messages', 'MessageDomain', 'IroriToken', 'Rules', 'Bonds', 'Credits', 'Payouts'];

/** The contracts with all mutants in them, none at work. Throws Error where a mutant has no place in its source any more, or does not compile. */
export function compileMutants(): Record<string, DeployArtifact> {
  const committed = readSources();
  const texts = Object.fromEntries(SOURCES.map((name) => [`${name}.sol`, committed[`${name}.sol`] ?? '']));
  for (const [place, { name, of, from, to }] of MUTANTS.entries()) {
    const parts = (texts[`${of}.sol`] ?? '').split(from);
    if (parts.length !== 2) throw new Error(`"${name}" has ${parts.length - 1} places in ${of}.sol`);
    texts[`${of}.sol`] = parts.join(to.replaceAll(/\bON\b/gu, `isOn(${place + 1})`));
  }
  for (const name of SOURCES) texts[`${name}.sol`] += '\nimport {isOn} from "./Switch.sol";\n';
  return compileContracts({ ...texts, 'Switch.sol': SWITCH }, false) as Record<string, DeployArtifact>;
}
