// What a churn run asks: long answers of the built-in model at three temperatures, each with its seed. Data only.
import type { Question } from './churn-call.ts';

const NAMES = ['Ada', 'Tess', 'Ivo', 'Mina', 'Olga', 'Ravi'] as const;
const ANIMALS = ['fox', 'bear', 'owl', 'cat', 'hare', 'wolf'] as const;
const TEMPERATURES = [0, 0.7, 1] as const;
const MAX_TOKENS = 160;

/** Every question once; the same list at every start. */
export const QUESTIONS: readonly Question[] = NAMES.flatMap((name, i) =>
  TEMPERATURES.map((temperature, at) => ({
    content: `Tell me a story about a ${ANIMALS[i] ?? 'fox'} named ${name}.`,
    temperature,
    seed: 100 * i + at,
    maxTokens: MAX_TOKENS,
  })),
);

/** Cities of homes and callers, in several areas. */
export const CITIES = [
  '48.9,2.4,FR',
  '40.7,-74,US',
  '35.7,139.7,JP',
  '52.5,13.4,DE',
  '37.8,-122.4,US',
  '1.4,103.8,SG',
  '45.8,4.8,FR',
  '52.2,21,PL',
] as const;
