// `node router/bench/frame-cost.ts [--json]`: what a hub's look at each frame costs: its form, its characters and its tokens, beside the work that every
// frame takes anyway (it is split from its message and hashed). Microseconds of CPU a frame, the
// best of several rounds.
import { parseArgs } from 'node:util';
import { sha256 } from '@noble/hashes/sha2.js';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { decodeFrames, encodeData, readData } from '../../schema/frames.ts';
import { AnswerMeter } from '../hub/answer-meter.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';

const FRAMES = 1000;
const ROUNDS = 9;
const { values: flags } = parseArgs({ options: { json: { type: 'boolean' } } });

const offer = makeJobOffer({
  chunk: { id: `chatcmpl-${'5'.repeat(32)}`, created: 1_700_000_000, model: 'llama3.2:3b' },
});
const request = { ...offer.request, maxTokens: 1_000_000_000 };
const writer = makeChunkWriter(offer.chunk, true);

const TEXTS = {
  'one word': [' hearth'],
  'five words': [' hearth', ' in', ' the', ' middle', ' of'],
  'five of Japanese': ['囲炉裏', 'は', '家の', '真ん中', 'に'],
  '800 B of code': ['for (let i = 0; i < n; i++) {\n  sum += xs[i];\n}\n'.repeat(17)],
};

const results = Object.entries(TEXTS).map(([name, texts]) => {
  const events = new TextEncoder().encode(texts.map((text) => writer.content(text)).join(''));
  const message = encodeData(1, { tokens: texts.length, events });
  const piece = { events, tokens: texts.length, tokenIds: null };
  return {
    name,
    bytes: events.length,
    anyway: measure(() => (): void => {
      const frames = decodeFrames(message);
      const data = frames.ok && frames.value[0] ? readData(frames.value[0]) : null;
      if (data?.ok) sha256(data.value.events);
    }),
    looked: measure(() => lookWith(null, piece)),
    counted: measure(() => lookWith('nano', piece)),
  };
});

if (flags.json === true) console.log(JSON.stringify(results, null, 1));
else
  for (const { name, bytes, anyway, looked, counted } of results)
    console.log(
      `${name.padEnd(17)} ${String(bytes).padStart(5)} bytes: ${looked.toFixed(2)} µs to look, ${counted.toFixed(2)} µs with the exact count; ${anyway.toFixed(2)} µs anyway`,
    );

function lookWith(tokenizer: string | null, piece: Parameters<AnswerMeter['take']>[0]): () => void {
  const meter = new AnswerMeter({ ...offer, request, tokenizer });
  return () => {
    if (meter.take(piece).kind !== 'relay') throw new Error('an honest frame was refused');
  };
}

/** Microseconds of CPU a call, the best round; `open` begins each of them anew. */
function measure(open: () => () => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const run = open();
    const before = process.cpuUsage();
    for (let i = 0; i < FRAMES; i++) run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / FRAMES);
  }
  return best;
}
