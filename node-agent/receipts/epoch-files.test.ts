// Whole files of epochs, as a home keeps them.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { encodeEpochFile, makeEpochFile } from '../../schema/epoch-file.ts';
import { err, ok } from '../../schema/result.ts';
import { PLACEHOLDER_DOMAIN, ZERO_ADDRESS, ZERO_WORD } from '../../schema/typed-data.ts';
import { collectLog } from '../test/collect-log.ts';
import { EpochFiles, listEpochFiles, readEpochFile } from './epoch-files.ts';
import type { ToldFile } from './epoch-files.ts';

let folder: string;
let published: Map<number, string>;
let asked: number[];
let chance: number;
let log: ReturnType<typeof collectLog>;
let files: EpochFiles;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'irori-files-')), 'files');
  published = new Map();
  asked = [];
  chance = 0;
  log = collectLog();
  files = open();
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

function open(): EpochFiles {
  const download = async (epoch: number) => {
    asked.push(epoch);
    const text = published.get(epoch);
    return text === undefined ? err('away') : ok(text);
  };
  return new EpochFiles({ folder, download, log: log.log, random: () => chance });
}

/** Publishes a file, and says what the router tells of it. */
function publish(epoch: number, earned: bigint, proof: readonly Hex[] = []): ToldFile {
  const rest = { withheld: 0n, bonus: 0n, count: 1n, acceptancesRoot: ZERO_WORD, spent: 0n };
  const leaf = { node: `0x${'11'.repeat(20)}` as Hex, wallet: ZERO_ADDRESS, earned, ...rest };
  const facts = { epoch, seconds: 60, domain: PLACEHOLDER_DOMAIN, previous: null, kept: [] };
  const file = makeEpochFile({ ...facts, leaves: [leaf] });
  const text = encodeEpochFile(file);
  published.set(epoch, text);
  return { epoch, root: file.root, sha256: createHash('sha256').update(text).digest('hex'), proof };
}

test('each new tree is kept once, the newest few, over restarts too; one that stayed the same is not', async () => {
  for (let epoch = 1; epoch <= 9; epoch++) expect(await files.keep(publish(epoch, BigInt(epoch)))).toBe(true);
  expect(listEpochFiles(folder).map((path) => path.slice(folder.length + 1))).toEqual(
    [9, 8, 7, 6, 5, 4].map((epoch) => `${epoch}.json`),
  );
  await files.keep(publish(10, 9n));
  files = open();
  await files.keep(publish(9, 9n));
  expect(asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const [newest = ''] = listEpochFiles(folder);
  expect(await readEpochFile(newest)).toMatchObject({ ok: true, value: { file: { epoch: 9 } } });
});

test('one that cannot be had is asked for again; one that is not what was told is said loudly and not kept', async () => {
  const told = publish(1, 1n);
  published.clear();
  expect(await files.keep(told)).toBe(false);
  publish(1, 2n);
  expect(await files.keep(told)).toBe(true);
  expect(readdirSync(join(folder, '..'))).toEqual([]);
  expect(JSON.stringify(log.lines)).toContain('not the one that the router told of');
});

test('in a network of many homes some keep the whole, by chance', async () => {
  const proof = Array.from({ length: 13 }, () => ZERO_WORD);
  chance = 0.2;
  await files.keep(publish(1, 1n, proof));
  chance = 0.1;
  await files.keep(publish(2, 2n, proof));
  expect(asked).toEqual([2]);
});

test('a file that was changed is not used, and says what does not hold', async () => {
  const text = (publish(1, 7n), published.get(1) ?? '');
  const path = join(folder, '..', 'changed.json');
  writeFileSync(path, text.replaceAll('"earned":"7"', '"earned":"8"'));
  expect(await readEpochFile(path)).toMatchObject({ ok: false, error: expect.stringContaining('root: the leaves') });
  writeFileSync(path, '{}');
  expect(await readEpochFile(path)).toMatchObject({ ok: false, error: expect.stringContaining('version') });
  expect(await readEpochFile(join(folder, 'none'))).toMatchObject({ ok: false });
});
