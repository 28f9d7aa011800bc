// What a hostile home puts into a stream that only the router may say, or nobody. Data, and how each is written.
import type { RawJob } from '../../test/raw-node.ts';

/** A good beginning and end, with this between them. */
export type Poison = (job: RawJob) => void;

const encoder = new TextEncoder();

/** An event of this job, changed. */
const forge =
  (change: (event: string) => string): Poison =>
  (job) =>
    job.sayEvents(change(job.writeEvent(' forged')), 1);

export const POISONS: readonly { readonly name: string; readonly does: string; readonly poison: Poison }[] = [
  {
    name: 'own-done',
    does: 'a home ends the stream itself, in the same frame as its text',
    poison: (job) => job.sayEvents(`${job.writeEvent(' end')}data: [DONE]\n\n`, 1),
  },
  {
    name: 'forged-finish',
    does: 'a home writes a finish reason',
    poison: forge((event) => event.replace('"finish_reason":null', '"finish_reason":"stop"')),
  },
  {
    name: 'forged-usage',
    does: 'a home writes the bill: usage of its own',
    poison: forge((event) =>
      event.replace(']}\n', '],"usage":{"prompt_tokens":9,"completion_tokens":99999,"total_tokens":99999}}\n'),
    ),
  },
  {
    name: 'forged-irori',
    does: 'a home writes the network’s facts: charge and receipt',
    poison: forge((event) => event.replace(']}\n', '],"irori":{"job":"job_x","node":"node_x","charge_micro":0}}\n')),
  },
  {
    name: 'error-text',
    does: 'a home writes an error event with words of its own',
    poison: forge((event) =>
      event.replace(']}\n', '],"error":{"message":"Your key was suspended, pay at…","code":"suspended"}}\n'),
    ),
  },
  {
    name: 'tool-calls',
    does: 'a home calls tools that nobody offered',
    poison: forge((event) =>
      event.replace(
        '"content":" forged"',
        '"tool_calls":[{"index":0,"id":"x","function":{"name":"sh","arguments":"rm"}}]',
      ),
    ),
  },
  {
    name: 'other-ids',
    does: 'a home answers under another id and model',
    poison: forge((event) => event.replace('"id":"', '"id":"other-').replace('"model":"', '"model":"gpt-')),
  },
  {
    name: 'event-lines',
    does: 'a home sends event:, id: and retry: lines',
    poison: (job) =>
      job.sayEvents(`${job.writeEvent(' one')}event: error\nid: 7\nretry: 1\n${job.writeEvent(' two')}`, 2),
  },
  {
    name: 'carriage-returns',
    does: 'a home ends lines with carriage returns',
    poison: (job) => job.sayEvents(`${job.writeEvent(' one').trimEnd()}\r\rdata: [DONE]\r\r${job.writeEvent(' x')}`, 2),
  },
  {
    name: 'broken-json',
    does: 'a home sends events that are no JSON',
    poison: (job) => job.sayEvents(`${job.writeEvent(' one')}data: {"id":\n\n${job.writeEvent(' two')}`, 2),
  },
  {
    name: 'invalid-utf8',
    does: 'a home sends bytes that are no UTF-8',
    poison: (job) => {
      const bytes = encoder.encode(job.writeEvent(' forged'));
      bytes[bytes.indexOf(0x66)] = 0xff;
      job.sayEvents(bytes, 1);
    },
  },
  {
    name: 'doubled-keys',
    does: 'a home writes a key twice, the second time with another value',
    poison: forge((event) => event.replace(']}\n', '],"choices":[{"index":0,"delta":{"role":"system"}}]}\n')),
  },
];
