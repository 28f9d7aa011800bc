import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCardClass } from '../../schema/card-classes.ts';
import { buildClaim } from './build-claim.ts';
import { computeMargins } from './compute-margin.ts';
import type { SpanFacts } from './compute-margin.ts';
import { describePower, describeWatts } from './describe-power.ts';
import { addWindow, EMPTY_FIT, fitWeights, guessWeights } from './fit-weights.ts';
import { addRest, learnRest, REST_SAMPLES } from './learn-rest.ts';
import { measureSpan } from './measure-span.ts';
import type { MeterReading } from './meter-reading.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { readPowerText } from './read-power-text.ts';
import { splitWindow } from './split-window.ts';

const board = (powerW: number | null, energyMJ: number | null = null, index = 0) => ({
  index,
  powerW,
  energyMJ,
  mostW: 450,
});
const at = (atMs: number, change: Partial<MeterReading> = {}): MeterReading => ({
  atMs,
  boards: null,
  host: null,
  wall: null,
  ...change,
});

test('a counter is taken by its difference, a power by its time', () => {
  expect(measureSpan(at(0, { boards: [board(300, 1_000_000)] }), at(1000, { boards: [board(50, 1_280_000)] }))).toEqual(
    {
      ms: 1000,
      boardsJ: 280,
      boardsBy: 'counter',
      hostJ: null,
      wallJ: null,
      wallBoundary: 'wall',
    },
  );
  expect(measureSpan(at(0, { boards: [board(100)] }), at(1000, { boards: [board(300)] }))).toMatchObject({
    boardsJ: 300,
    boardsBy: 'sampled',
  });
  // Further apart neither reading speaks for all of the time.
  expect(measureSpan(at(0, { boards: [board(100)] }), at(4000, { boards: [board(300)] })).boardsJ).toBe(800);
});

test('a counter that began anew, or tells more than a board can draw, gives way to the power; a gap is unknown', () => {
  const before = at(0, { boards: [board(200, 9_000_000)] });
  expect(measureSpan(before, at(1000, { boards: [board(200, 1000)] }))).toMatchObject({
    boardsJ: 200,
    boardsBy: 'sampled',
  });
  expect(measureSpan(before, at(1000, { boards: [board(200, 19_000_000)] })).boardsBy).toBe('sampled');
  expect(measureSpan(before, at(1000, { boards: [board(null, 1000)] })).boardsJ).toBeNull();
  expect(measureSpan(at(0, { boards: [board(200)] }), at(60_000, { boards: [board(200)] })).boardsJ).toBeNull();
  // A counter bridges the gap.
  expect(measureSpan(before, at(60_000, { boards: [board(200, 21_000_000)] })).boardsJ).toBe(12_000);
});

test('of two boards both are known or neither is; a board that came is not known yet', () => {
  const both = [board(100), board(50, null, 1)];
  expect(measureSpan(at(0, { boards: both }), at(1000, { boards: both })).boardsJ).toBe(150);
  expect(
    measureSpan(at(0, { boards: both }), at(1000, { boards: [board(100), board(null, null, 1)] })).boardsJ,
  ).toBeNull();
  expect(measureSpan(at(0, { boards: [board(100)] }), at(1000, { boards: both })).boardsJ).toBeNull();
});

test('the processor’s counter wraps; after a sleep it is unknown', () => {
  const host = (microJ: number) => ({ host: { microJ, rangeMicroJ: 262_143_328_850 } });
  expect(measureSpan(at(0, host(262_143_000_000)), at(1000, host(64_671_150))).hostJ).toBeCloseTo(65, 6);
  expect(measureSpan(at(0, host(200_000_000_000)), at(1000, host(1000))).hostJ).toBeNull();
  expect(measureSpan(at(0), at(1000, host(1000))).hostJ).toBeNull();
});

test('an owner’s meter is taken by its watts, else by its counter; one that sees something else now begins anew', () => {
  const wall = (watts: number | null, wattHours: number | null = null) => ({
    wall: { watts, wattHours, boundary: 'wall' as const },
  });
  expect(measureSpan(at(0, wall(100)), at(10_000, wall(300))).wallJ).toBe(2000);
  expect(measureSpan(at(0, wall(null, 10)), at(60_000, wall(null, 11))).wallJ).toBe(3600);
  expect(measureSpan(at(0, wall(null, 10)), at(60_000, wall(null, 9))).wallJ).toBeNull();
  const chip = { wall: { watts: 5, wattHours: null, boundary: 'chip' as const } };
  expect(measureSpan(at(0, wall(100)), at(1000, chip)).wallJ).toBeNull();
});

test('rest is the tenth percentile of quiet time, and unknown before there was any', () => {
  expect(learnRest([20, 30])).toBeNull();
  expect(learnRest([90, 20, 22, 21, 25, 24, 23, 60, 26, 27, 80])).toBe(21);
  const many = Array.from({ length: 300 }, (_, i) => i).reduce<number[]>(addRest, []);
  expect(many).toHaveLength(REST_SAMPLES);
  expect(many.at(-1)).toBe(299);
});

const RTX = findCardClass('RTX 4090');
const SPAN = { ms: 1000, boardsJ: null, boardsBy: 'sampled', hostJ: null, wallJ: null, wallBoundary: 'wall' } as const;
const FACTS: SpanFacts = {
  span: SPAN,
  rest: { boardsW: null, hostW: null, wallW: null },
  cards: [],
  cardMs: 1000,
  cpuMs: 0,
  ownCpuMs: 0,
  busyCpuMs: null,
};
const margin = (change: Partial<SpanFacts>) => computeMargins({ ...FACTS, ...change });

test('a board’s energy above rest goes to the wall with a guess for the machine around it', () => {
  const cards = [{ known: RTX, usedShare: 1 }];
  const rest = { boardsW: 25, hostW: null, wallW: null };
  const span = { ...SPAN, boardsJ: 300 };
  const { card, cpu } = margin({ cards, rest, span });
  expect(card?.joules).toBeCloseTo((275 + 15) / 0.88, 6);
  expect(card?.spreadJ).toBeCloseTo(10 / 0.88, 6);
  expect(card?.method).toBe('sampled');
  expect(cpu?.joules).toBe(0);
  // The processor's own counter takes the guess's place.
  const metered = margin({ cards, rest: { ...rest, hostW: 20 }, span: { ...span, hostJ: 50, boardsBy: 'counter' } });
  expect(metered.card).toEqual({ joules: (275 + 30) / 0.88, spreadJ: 0, method: 'counter' });
  // A board that was never seen at rest widens the interval.
  expect(margin({ cards, span }).card?.spreadJ).toBeCloseTo((15 + 10) / 0.88, 6);
});

test('an owner’s meter speaks for the whole machine; a chip’s goes through the supply', () => {
  const rest = { boardsW: null, hostW: null, wallW: 60 };
  expect(margin({ rest, span: { ...SPAN, wallJ: 400, boardsJ: 300 } }).card).toEqual({
    joules: 340,
    spreadJ: 0,
    method: 'wall',
  });
  const chip = margin({ rest: { ...rest, wallW: 5 }, span: { ...SPAN, wallJ: 27, wallBoundary: 'chip' } });
  expect(chip.card).toMatchObject({ method: 'sampled' });
  expect(chip.card?.joules).toBeCloseTo(25, 6);
});

test('a built-in model takes its share of the processor’s counter, or its processor time by the table', () => {
  const cpu = { cardMs: 0, cpuMs: 1000, ownCpuMs: 900, busyCpuMs: 1200 };
  const metered = margin({ ...cpu, rest: { ...FACTS.rest, hostW: 10 }, span: { ...SPAN, hostJ: 50 } });
  expect(metered.cpu).toEqual({ joules: (40 * 0.75) / 0.88, spreadJ: 0, method: 'counter' });
  expect(metered.card?.joules).toBe(0);
  expect(margin(cpu).cpu).toEqual({ joules: 5.4, spreadJ: 0, method: 'estimated' });
  expect(margin({ ...cpu, rest: { ...FACTS.rest, wallW: 30 }, span: { ...SPAN, wallJ: 42 } }).cpu).toEqual({
    joules: 12,
    spreadJ: 0,
    method: 'wall',
  });
});

test('without a meter a known card is estimated by its class, an unknown one is unknown, and none at all by the processor', () => {
  const known = margin({ cards: [{ known: RTX, usedShare: 0.5 }] }).card;
  expect(known?.method).toBe('estimated');
  expect(known?.joules).toBeCloseTo((0.5 * (0.75 * 450 - 25) + 15) / 0.88, 6);
  const mac = margin({ cards: [{ known: findCardClass('Apple M4 Max'), usedShare: null }] }).card;
  expect(mac).toEqual({ joules: 0.75 * 145 - 11, spreadJ: 0, method: 'estimated' });
  expect(margin({ cards: [{ known: null, usedShare: 1 }] }).card).toBeNull();
  expect(margin({}).card).toBeNull();
  expect(margin({ rest: { ...FACTS.rest, hostW: 10 }, span: { ...SPAN, hostJ: 98 } }).card).toEqual({
    joules: 100,
    spreadJ: 0,
    method: 'counter',
  });
});

test('an hour that nobody saw is no hour of work', () => {
  const hour = { span: { ...SPAN, ms: 3_600_000 }, cardMs: 3_600_000, cards: [{ known: RTX, usedShare: 1 }] };
  expect(margin(hour).card).toBeNull();
  const bridged = margin({ ...hour, rest: { ...FACTS.rest, boardsW: 25 }, span: { ...hour.span, boardsJ: 100_000 } });
  expect(bridged.card?.joules).toBeCloseTo((100_000 - 90_000 + 150) / 0.88, 6);
});

test('parts of a window add up to it, whatever the work was', () => {
  const work = fc.record({
    prompt: fc.nat(10_000),
    cached: fc.nat(10_000),
    output: fc.nat(500),
    ms: fc.nat(1000),
  });
  const weight = fc.double({ min: 0, max: 5, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 5000, noNaN: true }),
      fc.array(work, { minLength: 1, maxLength: 12 }),
      fc.record({ prompt: weight, cached: weight, output: weight }),
      (joules, works, weights) => {
        const parts = splitWindow(joules, works, weights);
        expect(parts.every((part) => part >= 0)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(joules, 6);
      },
    ),
    { numRuns: 300 },
  );
  expect(splitWindow(5, [], guessWeights(1))).toEqual([]);
});

test('what a token costs is found from windows that mix prompts and answers, within a tenth', () => {
  const truth = { prompt: 0.2, cached: 0.004, output: 1.7 };
  let state = EMPTY_FIT;
  for (let i = 0; i < 120; i += 1) {
    const work = { prompt: (i * 37) % 400, cached: i % 3 === 0 ? 2000 : 0, output: 20 + ((i * 13) % 60), ms: 1000 };
    state = addWindow(
      state,
      work.prompt * truth.prompt + work.cached * truth.cached + work.output * truth.output,
      work,
    );
  }
  const found = fitWeights(state, guessWeights(3));
  expect(Math.abs(found.prompt / truth.prompt - 1)).toBeLessThan(0.1);
  expect(Math.abs(found.output / truth.output - 1)).toBeLessThan(0.1);
  expect(Math.abs(found.cached / truth.cached - 1)).toBeLessThan(0.1);
});

test('costs stay a guess for what was never seen, and never fall below 0', () => {
  const guess = guessWeights(2);
  expect(fitWeights(EMPTY_FIT, guess)).toEqual(guess);
  const seen = addWindow(EMPTY_FIT, 100, { prompt: 0, cached: 0, output: 100, ms: 1000 });
  expect(fitWeights(seen, guess).prompt).toBeCloseTo(guess.prompt, 6);
  const odd = addWindow(seen, 0, { prompt: 5000, cached: 0, output: 100, ms: 1000 });
  expect(Object.values(fitWeights(odd, guess)).every((cost) => cost >= 0)).toBe(true);
});

test('a claim has its tier’s interval, wider by what was guessed; nothing measurable is unknown and never 0', () => {
  expect(buildClaim({ joules: 360, spreadJ: 0, method: 'counter' })).toEqual({
    microWh: 100_000,
    lowMicroWh: 88_000,
    highMicroWh: 112_000,
    method: 'counter',
  });
  expect(buildClaim({ joules: 360, spreadJ: 100, method: 'wall' }).highMicroWh).toBeGreaterThan(127_000);
  const unknown = { microWh: 0, lowMicroWh: 0, highMicroWh: 0, method: 'unknown' };
  expect(buildClaim({ joules: 0, spreadJ: 5, method: 'wall' })).toEqual(unknown);
  expect(buildClaim({ joules: Number.NaN, spreadJ: 0, method: 'wall' })).toEqual(unknown);
  expect(buildClaim({ joules: 360, spreadJ: 0, method: 'unknown' })).toEqual(unknown);
});

const NO_WATTS = { boardsW: null, hostW: null, wallW: null };
const VIEW = { cards: [], rest: NO_WATTS, now: NO_WATTS, method: 'unknown', isAwakeForWork: false } as const;

test('a machine of which nothing is known says so', () => {
  expect(describePower(VIEW)).toEqual({
    card: null,
    idleW: null,
    mostW: null,
    method: 'unknown',
    isAwakeForWork: false,
  });
  expect(describeWatts(VIEW)).toBeNull();
});

test('a machine’s power is its owner’s meter, else its meters and a rest, through the supply', () => {
  const cards = [
    { name: 'RTX 3060', known: findCardClass('RTX 3060'), mostW: 170 },
    { name: 'RTX 4090', known: RTX, mostW: 450 },
  ];
  const rest = { ...NO_WATTS, boardsW: 40 };
  expect(describePower({ ...VIEW, cards, rest, method: 'sampled' })).toEqual({
    card: 'RTX 4090',
    idleW: 85.2,
    mostW: 620,
    method: 'sampled',
    isAwakeForWork: false,
  });
  expect(describeWatts({ ...VIEW, cards, now: { ...rest, wallW: 333 } })).toBe(333);
  expect(describePower({ ...VIEW, rest: { ...NO_WATTS, hostW: 24 } }).idleW).toBe(50);
  expect(describePower({ ...VIEW, cards: [{ name: 'x', known: null, mostW: null }] })).toMatchObject({
    idleW: null,
    mostW: null,
  });
  const mac = { name: 'Apple M1', known: findCardClass('Apple M1'), mostW: null };
  expect(describePower({ ...VIEW, cards: [mac] })).toMatchObject({ idleW: 7, mostW: 39 });
});

test.each([
  ['87.5\n', { watts: 87.5, wattHours: null, boundary: 'wall' }],
  ['87.5 W', { watts: 87.5 }],
  ['{"apower": 121.4, "aenergy": {"total": 11.679}}', { watts: 121.4, wattHours: 11.679 }],
  ['{"StatusSNS":{"ENERGY":{"Total":1.234,"Power":78}}}', { watts: 78, wattHours: 1234 }],
  ['{"kwh": 2.5}', { watts: null, wattHours: 2500 }],
  ['{"emeter":{"power_w": 12}}', { watts: 12 }],
])('a power command that prints %j is read', (text, reading) => {
  expect(readPowerText(text)).toMatchObject(reading);
});

test('what powermetrics prints is the chip, not the wall', () => {
  const text = readFileSync(new URL('../home/samples/powermetrics-m4.txt', import.meta.url), 'utf8');
  expect(readPowerText(text)).toEqual({ watts: 26.172, wattHours: null, boundary: 'chip' });
});

test.each([
  '',
  'off',
  '-5',
  '1e9',
  '{}',
  '[]',
  '{"watts":"12"}',
  '{"power":-1}',
  'null',
  `${'{"a":'.repeat(9)}{"w":1}${'}'.repeat(9)}`,
])('a power command that prints %j has said nothing', (text) => {
  expect(readPowerText(text)).toBeNull();
});

test('a command is a program and its words: nothing in it is a shell’s', () => {
  expect(parseCommandLine('curl -s "http://plug/rpc?id=0&x=$(id)" ; rm -rf /')).toEqual({
    ok: true,
    value: ['curl', '-s', 'http://plug/rpc?id=0&x=$(id)', ';', 'rm', '-rf', '/'],
  });
  expect(parseCommandLine(`"C:\\Program Files\\plug.exe" ''  'a "b"'c`)).toEqual({
    ok: true,
    value: ['C:\\Program Files\\plug.exe', '', 'a "b"c'],
  });
  expect(parseCommandLine('  ').ok).toBe(false);
  expect(parseCommandLine('say "hi').ok).toBe(false);
});
