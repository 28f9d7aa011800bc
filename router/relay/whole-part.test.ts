import { expect, test } from 'vitest';
import { ANSWERS } from '../../schema/answers.ts';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { encodeLastWord } from '../../schema/records.ts';
import type { PartTold } from '../../schema/records.ts';
import { WholePart } from './whole-part.ts';

const TOLD: PartTold = { kind: 'running' };
const events = new TextEncoder().encode(
  makeChunkWriter({ id: 'chatcmpl-1', created: 1, model: 'm' }).content('Hi “data: {"told":{}}”'),
);
const format = ANSWERS.chat;

test('behind its hub’s last word nothing is waited for, and the home cannot say it', async () => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(events);
      controller.enqueue(encodeLastWord(TOLD));
    },
  });
  const said = await new WholePart(body, { format, keep: () => true }).read();
  expect(said).toEqual({ text: 'Hi “data: {"told":{}}”', thinking: '', calls: [], told: TOLD });
});
