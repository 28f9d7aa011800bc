import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { DelayLine } from './delay-line.ts';
import { until } from './until.ts';

test('bytes come out whole and in order after half a round trip each way, and the end after them', async () => {
  const echo = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const line = await DelayLine.open((echo.address() as AddressInfo).port, 80);
  const socket = connect(Number(new URL(line.url).port), '127.0.0.1');
  let heard = '';
  let firstAt = 0;
  socket.on('data', (bytes: Buffer) => {
    firstAt ||= performance.now();
    heard += bytes.toString();
  });
  const isOver = new Promise((resolve) => socket.once('end', resolve));
  const sentAt = performance.now();
  for (let i = 0; i < 50; i++) socket.write(`${i} `);
  socket.end();
  await isOver;
  expect(heard).toBe(Array.from({ length: 50 }, (_, i) => `${i} `).join(''));
  expect(firstAt - sentAt).toBeGreaterThanOrEqual(80);
  await line.close();
  await new Promise((resolve) => echo.close(resolve));
});

test('a far end that is not there ends the near one', async () => {
  const line = await DelayLine.open(1, 10);
  const socket = connect(Number(new URL(line.url).port), '127.0.0.1');
  let isClosed = false;
  socket.on('close', () => (isClosed = true));
  socket.on('error', () => undefined);
  expect(await until('the end of the line', () => isClosed)).toBe(true);
  await line.close();
});
