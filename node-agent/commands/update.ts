// `irori-node update`: what is newer, its size, and with the owner's word its installation. A running agent takes it when no job runs.
import { NO_MANIFEST, describeOffer } from '../agent/updating.ts';
import { readStateFolder, readValues } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askAgent } from '../home/owner-line.ts';
import { tellWhen } from '../tell-time.ts';
import type { Offer } from '../update/read-manifest.ts';
import { bringUpdate, findUpdate } from '../update/updater.ts';
import { VersionStore } from '../update/version-store.ts';
import { VERSION } from '../version.ts';
import { complain } from './complain.ts';
import { confirm } from './questions.ts';
import { tellLines } from './tell-lines.ts';
import { describeUnanswered } from './unanswered.ts';

/** Exit status 0: nothing newer, or it was told or installed; 1: nothing could be learned or installed; 2: no list is set. */
export async function runUpdate(flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const values = readValues(flags, env, folder.value);
  if (!values.ok) return complain(values.error, 2);
  const { manifest, updateKey } = values.value;
  if (typeof manifest !== 'string') return complain(NO_MANIFEST, 2);
  const ownKey = typeof updateKey === 'string' ? updateKey.toLowerCase() : null;
  const found = await findUpdate({ state: folder.value, manifestUrl: manifest, ownKey, current: VERSION }, Date.now());
  if (!found.ok) return complain(found.error, 1);
  const offer = found.value;
  if (flags.json === true) return tellJson(folder.value, offer);
  if (offer === null) return tell(`This is the newest version (${VERSION}).`, ...tellRestored(folder.value));
  process.stdout.write(tellLines([describeOffer(offer), ...tellRestored(folder.value)]));
  const wants = flags.whenIdle === true || flags.sure === true || (await confirm('Install it?'));
  if (wants === null) return tell('Install it with irori-node update --when-idle.');
  return wants ? install(folder.value, offer) : tell('Nothing was done.');
}

/** By the running agent where there is one: it knows when no job runs. */
async function install(folder: string, offer: Offer): Promise<number> {
  const asked = await askAgent(folder, { do: 'update', install: true });
  if (asked.kind === 'answered') return tell(asked.answer.told, 'irori-node logs --follow shows how it goes.');
  if (asked.kind === 'silent') return complain(await describeUnanswered('silent', folder), 1);
  const brought = await bringUpdate({ state: folder }, offer);
  if (!brought.ok) return complain(brought.error, 1);
  const next =
    asked.kind === 'none'
      ? 'irori-node up starts it.'
      : 'The running agent goes on with its own until it is started anew.';
  return tell(`Version ${offer.version} is installed. ${next}`);
}

function tell(...lines: readonly string[]): 0 {
  process.stdout.write(tellLines(lines));
  return 0;
}

function tellRestored(folder: string): string[] {
  const { restored } = new VersionStore(folder).read();
  return restored === null
    ? []
    : [
        `Version ${restored.from} did not start three times: ${restored.to} was restored (${tellWhen(restored.at, Date.now())}).`,
      ];
}

function tellJson(folder: string, offer: Offer | null): 0 {
  const { restored } = new VersionStore(folder).read();
  const back = restored === null ? null : { ...restored, at: new Date(restored.at).toISOString() };
  process.stdout.write(`${JSON.stringify({ current: VERSION, newer: offer, restored: back })}\n`);
  return 0;
}
