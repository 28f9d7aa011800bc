// A job's run as its caller reads it: one event after the other, and what the last ones say as the end.
import type { FinalFacts, Usage } from '../../schema/chunks.ts';
import { parseJson } from '../../schema/json.ts';
import type { JobEnd, JobEvent } from '../relay/job-doors.ts';
import type { JobRun } from '../relay/job-run.ts';
import type { PartRest } from '../relay/part-body.ts';

export type ReadEvent =
  | Extract<JobEvent, { kind: 'head' | 'failed' }>
  /** Events as the caller reads them. */
  | { readonly kind: 'data'; readonly events: Uint8Array }
  /** What the last events, or the run, tell of the whole answer. */
  | { readonly kind: 'end'; readonly end: JobEnd };

export type ReadRun = Omit<JobRun, 'next'> & { readonly next: () => Promise<ReadEvent> };

/** `next` gives what the caller reads next; everything else is the run's own. */
export function readAsCaller(run: JobRun): ReadRun {
  const reader = new CallersReader(run);
  return new Proxy(run, {
    get: (target, name) => {
      if (name === 'next') return () => reader.next();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  }) as unknown as ReadRun;
}

class CallersReader {
  readonly #run: JobRun;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  #rest: Promise<PartRest> | null = null;
  /** Of the part: what came behind the last whole event, events that nobody has asked for, and its last ones. */
  #text = '';
  #events: string[] = [];
  #last: string[] = [];

  constructor(run: JobRun) {
    this.#run = run;
  }

  async next(): Promise<ReadEvent> {
    for (;;) {
      const event = this.#reader ? await this.#read(this.#reader) : await this.#ask();
      if (event) return event;
    }
  }

  async #ask(): Promise<ReadEvent | null> {
    const event = await this.#run.next();
    switch (event.kind) {
      case 'head':
      case 'failed':
        return event;
      case 'body': {
        const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
        this.#reader = readable.getReader();
        this.#rest = event.pipe(writable).then(async (rest) => {
          await writable.close();
          return rest;
        });
        return null;
      }
      case 'end':
        return { kind: 'end', end: readEnd(this.#last) };
      case 'unsaid':
        return { kind: 'end', end: event.end };
    }
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ReadEvent | null> {
    const next = this.#events.shift();
    if (next !== undefined) return this.#tell(next);
    const { value } = await reader.read();
    if (value) {
      this.#take(this.#text + new TextDecoder().decode(value));
      return null;
    }
    this.#reader = null;
    const { missing = new Uint8Array(0) } = (await this.#rest) ?? {};
    const rest = this.#text + new TextDecoder().decode(missing);
    this.#text = '';
    return rest === '' ? null : this.#tell(rest);
  }

  #take(text: string): void {
    const events = text.split(/(?<=\n\n)/);
    this.#text = events.at(-1)?.endsWith('\n\n') ? '' : (events.pop() ?? '');
    this.#events.push(...events);
  }

  #tell(event: string): ReadEvent | null {
    // Comments stand before the event that ends the silence.
    const said = event.replace(/^(?:: irori\n)+/, '');
    if (said === '') return null;
    if (said.includes('"finish_reason":null')) return { kind: 'data', events: new TextEncoder().encode(said) };
    if (!/"(?:finish_reason|irori)":|\[DONE\]/.test(said))
      return { kind: 'data', events: new TextEncoder().encode(said) };
    this.#last.push(said);
    return null;
  }
}

/** Of last events with a usage chunk. */
function readEnd(last: readonly string[]): JobEnd {
  const events = last.map((event) => parseJson(event.slice('data: '.length)) as LastJson | undefined);
  const finish = events.find((event) => event?.choices?.[0]?.finish_reason)?.choices?.[0]?.finish_reason;
  const usage = events.find((event) => event?.usage)?.usage;
  const facts = events.find((event) => event?.irori)?.irori;
  if (!finish || !usage || !facts) throw new Error(`no last events: ${last.join('')}`);
  return {
    finish,
    promptTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    thinkingTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    ttftMs: facts.ttft_ms,
    charge: facts.charge_micro,
    receiptHash: facts.receipt_hash,
  };
}

interface LastJson {
  readonly choices?: readonly { readonly finish_reason?: JobEnd['finish'] | null }[];
  readonly usage?: Usage;
  readonly irori?: FinalFacts;
}
