// Texts that may be JSON, from anywhere: a caller, a home, a server, a file.

/** The value that the text says; undefined for what is no JSON, which no JSON text can say. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON for a header, which holds ASCII: JSON's own escapes stand for the rest. */
export function toHeaderText(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${(unit.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
