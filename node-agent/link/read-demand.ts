// What the router says of the models that a home offers: who calls them. Pure.
import * as z from 'zod';

/** What an owner is told of one model. */
export interface ModelNote {
  /** Whether this very model (its digest) stands in the network's catalogue. */
  readonly inCatalogue: boolean;
  /** Whose calls come to it here. */
  readonly servedTo: 'everyone' | 'own account only';
  /** The same in a sentence's part, for people. */
  readonly told: string;
}

export type ModelNotes = Readonly<Record<string, ModelNote>>;

const demandSchema = z.looseObject({
  name: z.string().max(200),
  in_catalogue: z.boolean(),
  id: z.string().max(200).nullish(),
  served_to: z.string().max(40),
});
const answerSchema = z.looseObject({
  data: z.array(z.unknown()).max(1000).optional(),
  models: z.array(z.unknown()).max(1000).optional(),
});

/** By the model's name here. What cannot be read, and what was not asked for, says nothing. */
export function readDemand(answer: unknown, asked: readonly string[]): ModelNotes {
  const { data, models } = answerSchema.safeParse(answer).data ?? {};
  // A server may call a model `__proto__`.
  const notes = new Map<string, ModelNote>();
  for (const entry of data ?? models ?? []) {
    const parsed = demandSchema.safeParse(entry);
    if (parsed.success && asked.includes(parsed.data.name)) notes.set(parsed.data.name, toNote(parsed.data));
  }
  return Object.fromEntries(notes);
}

function toNote({ in_catalogue: inCatalogue, served_to: to, id, name }: z.output<typeof demandSchema>): ModelNote {
  const servedTo = to === 'everyone' ? 'everyone' : 'own account only';
  return { inCatalogue, servedTo, told: tellNote(inCatalogue, servedTo, id == null || id === name ? null : id) };
}

/** `id`: under which other name the catalogue has it. */
function tellNote(inCatalogue: boolean, servedTo: ModelNote['servedTo'], id: string | null): string {
  const where = id === null ? '' : ` as ${id}`;
  if (inCatalogue && servedTo === 'everyone') return `in the catalogue${where}: calls from everyone come`;
  if (inCatalogue) return `in the catalogue${where}, and this home answers its own account only`;
  return id === null
    ? 'not in the catalogue: only your own calls come'
    : `the catalogue has another copy of it${where}: only your own calls come`;
}
