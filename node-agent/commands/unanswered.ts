// What a command says when the running agent did not answer it.
import type { Asked, AskName } from '../home/owner-line.ts';
import { readStatus } from '../home/status-file.ts';

/** A sentence for the owner: what is the matter, and what to do. */
export async function describeUnanswered(
  kind: Exclude<Asked<AskName>['kind'], 'answered'>,
  folder: string,
): Promise<string> {
  if (kind === 'none') return `No agent runs with the state folder ${folder}. Start it with irori-node up.`;
  const pid = (await readStatus(folder))?.pid;
  const who = pid === undefined ? 'The agent' : `The agent (process ${pid})`;
  if (kind === 'refused')
    return `${who} is another version and does not know this command. Restart it with irori-node up.`;
  return `${who} runs but does not answer: it is stopped or busy. Nothing was done, and nothing will be done later. Try again, or end it and start irori-node up.`;
}
