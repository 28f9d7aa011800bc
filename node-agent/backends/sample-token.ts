// Chooses the next token from logits. Pure: its randomness is a hash of (seed, position), so any node that has the same
// logits and the same position draws the same token, which is what makes an answer resumable elsewhere.

interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
}

/** One 32-bit avalanche step (the finaliser constants of MurmurHash3, Austin Appleby, public domain). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number in [0, 1) with 53 bits, fixed by `seed` (0 … 2^53 − 1) and `position` (tokens of the answer before this one). */
export function drawUniform(seed: number, position: number): number {
  const low = seed >>> 0;
  const high = Math.floor(seed / 4294967296) >>> 0;
  const base = mix(mix(mix(low ^ 0x9e3779b9) + high) + Math.imul(position, 0x9e3779b1));
  const a = mix(base + 0x7f4a7c15) >>> 5;
  const b = mix(base ^ 0x2545f491) >>> 6;
  return (a * 67108864 + b) / 9007199254740992;
}

/**
 * The next token id. `logits` is one row and is changed in place: penalised and with `banned` ids removed.
 * `counts` says how often each id stands in the answer so far. Temperature 0 takes the highest logit, the lowest id on a tie.
 */
export function sampleToken(
  logits: Float32Array,
  options: Sampling & { position: number; counts: ReadonlyMap<number, number>; banned: readonly number[] },
): number {
  for (const id of options.banned) logits[id] = -Infinity;
  penalise(logits, options);
  if (options.temperature <= 0) return argmax(logits);
  return drawFromTop(logits, options);
}

/** OpenAI's two penalties: logit − count · frequency − (count > 0) · presence, counted over the answer only. */
function penalise(logits: Float32Array, o: Sampling & { counts: ReadonlyMap<number, number> }): void {
  if (o.frequencyPenalty === 0 && o.presencePenalty === 0) return;
  for (const [id, count] of o.counts) {
    const logit = logits[id];
    if (logit !== undefined) logits[id] = logit - count * o.frequencyPenalty - o.presencePenalty;
  }
}

function argmax(logits: Float32Array): number {
  let best = 0;
  let bestLogit = -Infinity;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id] ?? -Infinity;
    if (logit > bestLogit) {
      best = id;
      bestLogit = logit;
    }
  }
  return best;
}

/** Draws from the smallest set of likeliest tokens whose probability reaches topP. */
function drawFromTop(logits: Float32Array, o: Sampling & { position: number }): number {
  const top = logits[argmax(logits)] ?? 0;
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id += 1) {
    const weight = Math.exp(((logits[id] ?? -Infinity) - top) / o.temperature);
    weights[id] = weight;
    total += weight;
  }
  const order = likeliestFirst(weights, total * 1e-9);
  const kept = keepTop(order, weights, o.topP * total);
  let rest = drawUniform(o.seed, o.position) * kept.total;
  for (const id of kept.ids) {
    rest -= weights[id] ?? 0;
    if (rest < 0) return id;
  }
  return kept.ids.at(-1) ?? 0;
}

/** Ids by falling weight, then rising id; weights below `floor` cannot matter and are left out to keep the sort short. */
function likeliestFirst(weights: Float64Array, floor: number): number[] {
  const ids: number[] = [];
  for (let id = 0; id < weights.length; id += 1) if ((weights[id] ?? 0) > floor) ids.push(id);
  return ids.sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
}

function keepTop(order: readonly number[], weights: Float64Array, enough: number): { ids: number[]; total: number } {
  const ids: number[] = [];
  let total = 0;
  for (const id of order) {
    ids.push(id);
    total += weights[id] ?? 0;
    if (total >= enough) break;
  }
  return { ids, total };
}
