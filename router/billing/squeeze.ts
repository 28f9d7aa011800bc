// A text in as few bytes as the platform's own coding makes of it, and back.

export async function squeeze(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Response(text).body;
  return new Uint8Array(await new Response(body?.pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer());
}

/** Rejects for bytes that are no such text. */
export async function unsqueeze(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const body = new Response(bytes).body;
  return new Response(body?.pipeThrough(new DecompressionStream('deflate-raw'))).text();
}
