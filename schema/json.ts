// Texts that may be JSON, from anywhere: a caller, a home, a server, a file.

/** The value that the text says; undefined for what is no JSON, which no JSON text can say. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
