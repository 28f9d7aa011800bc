// Waiting for what another process does: asked again until it is true, with a limit that only a broken system reaches.

const STEP_MS = 25;

/** Polls until `ask` gives something truthy and returns it. Throws after `limitMs` with `what` did not happen. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  limitMs = 90_000,
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  for (const deadlineAt = Date.now() + limitMs; ;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, false | null | undefined | 0 | ''>;
    if (Date.now() > deadlineAt) throw new Error(`${what} did not happen within ${limitMs} ms`);
    await new Promise((wake) => setTimeout(wake, STEP_MS));
  }
}
