import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { measureWidth } from '../fit-text.ts';
import { lookAtRouter } from './doctor-looks.ts';
import { judgeCertificate, judgeClock, judgeDisk, judgeLastReceipt } from './judge-steps.ts';
import { formatFinding, formatVerdict, judgeExit } from './tell-doctor.ts';
import type { Finding, Outcome } from './tell-doctor.ts';

const NOW = Date.UTC(2026, 10, 28);

describe('each step has its number, and a remedy where something is in the way', () => {
  test.each([
    [judgeCertificate('TLSv1.3', NOW + 90 * 86_400_000, NOW), 'good', '90 d'],
    [judgeCertificate('TLSv1.3', NOW + 86_400_000, NOW), 'note', '1 d'],
    [judgeClock(300), 'good', 'agrees'],
    [judgeClock(-200_000), 'note', '3 min behind'],
    [judgeClock(null), 'skipped', 'did not tell'],
    [judgeDisk(1e12), 'good', '1000 GB'],
    [judgeDisk(100e6), 'note', '100 MB'],
    [judgeDisk(1e6), 'bad', '1 MB'],
    [judgeDisk(null), 'note', 'not known'],
    [judgeLastReceipt(null, NOW), 'note', 'none'],
  ] as const)('%#: %j', (finding, outcome, words) => {
    expect(finding).toMatchObject({ outcome, told: expect.stringContaining(words) });
    expect(outcome !== 'bad' || finding.remedy !== null).toBe(true);
  });

  test('lines fit a terminal, and the exit status says whether something is in the way', () => {
    const finding = (outcome: Outcome): Finding => ({
      step: 'server',
      outcome,
      told: `Ollama at http://127.0.0.1:11434: ${'とても長い名前のモデル '.repeat(12)}`,
      remedy: 'Do this. '.repeat(30),
    });
    for (const outcome of ['good', 'note', 'bad', 'skipped'] as const)
      expect(
        formatFinding(finding(outcome))
          .split('\n')
          .filter((line) => measureWidth(line) > 80),
      ).toEqual([]);
    expect([judgeExit([finding('good'), finding('note')]), judgeExit([finding('bad')])]).toEqual([0, 1]);
    expect(formatVerdict([finding('bad')])).toBe('One thing is in the way. Begin with: server.\n');
    expect(formatVerdict([finding('good')])).toBe('All is well.\n');
  });
});

describe('the way to the router', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function look(answer: string | null, origin?: string): Promise<string[]> {
    server = createServer((_request, response) => response.end(answer ?? ''));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const steps: string[] = [];
    for await (const { step, outcome } of lookAtRouter(origin ?? `http://127.0.0.1:${port}`))
      steps.push(`${step} ${outcome}`);
    return steps;
  }

  test('is looked at step by step', async () => {
    expect(await look('{"status":"ok","presence":"ok","protocol":5}')).toEqual([
      'name good',
      'TCP good',
      'TLS good',
      'router good',
      'clock good',
    ]);
  });

  test('what answers and is no router is told, and so is one that works with less', async () => {
    expect(await look('<html>')).toContain('router bad');
    server?.close();
    expect(await look('{"status":"degraded","presence":"away"}')).toContain('router note');
  });

  test('where a step fails, the ones behind it are skipped', async () => {
    expect(await look('', 'http://127.0.0.1:9')).toEqual([
      'name good',
      'TCP bad',
      'TLS skipped',
      'router skipped',
      'clock skipped',
    ]);
    const port = String((server?.address() as AddressInfo | undefined)?.port);
    expect(await look('', `https://127.0.0.1:${port}`)).toEqual([
      'name good',
      'TCP good',
      'TLS bad',
      'router skipped',
      'clock skipped',
    ]);
  });
});
