// What a caller is told whose prompt is longer than a model's context, with the numbers as far as they are known. Pure.

export interface TooLong {
  /** What the prompt holds; null where nobody can tell. */
  readonly promptTokens: number | null;
  /** Whether so many were counted, are there at least, or are an estimate. */
  readonly isCounted: 'exactly' | 'at least' | 'about';
  /** What the model takes in all, prompt and answer: the most of the homes that could be asked. Null where nobody has told. */
  readonly contextTokens: number | null;
}

/** One sentence and its remedy. It begins as callers' programs know it from elsewhere, since some look for these words. */
export function tellContext({ promptTokens, isCounted, contextTokens }: TooLong): string {
  const most = "This model's maximum context length is";
  const holds = isCounted === 'exactly' ? 'the prompt holds' : `the prompt holds ${isCounted}`;
  const context = contextTokens === null ? `${most} exceeded` : `${most} ${contextTokens} tokens`;
  return `${context}${promptTokens === null ? '' : `, and ${holds} ${promptTokens} tokens`}. Shorten the prompt.`;
}

/** What is known of a prompt before a home has counted it. */
export interface KnownPrompt {
  readonly exact: number | null;
  readonly least: number;
  readonly expected: number;
}

/** Joins what the homes told with what is known here. An estimate that would fit is none: it is evidently wrong. */
export function describeTooLong(
  told: { readonly promptTokens: number | null; readonly contextTokens: number | null },
  { exact, least, expected }: KnownPrompt,
): TooLong {
  const { contextTokens } = told;
  const promptTokens = told.promptTokens ?? exact;
  if (promptTokens !== null) return { promptTokens, isCounted: 'exactly', contextTokens };
  if (least > 0 && least >= (contextTokens ?? Infinity))
    return { promptTokens: least, isCounted: 'at least', contextTokens };
  const isLikely = expected >= (contextTokens ?? 0);
  return { promptTokens: isLikely && expected > 0 ? expected : null, isCounted: 'about', contextTokens };
}
