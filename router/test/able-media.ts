// What the capable model server answers to audio and to a picture's text: what follows from all that it was sent, or what a bad server answers, as the prompt says.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface AblePictures {
  readonly prompt: string;
  readonly n: number;
  readonly size: string;
  readonly response_format?: string;
}

/** One white pixel, PNG. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

/** Prompts that make it a bad server. */
export const REFUSE = 'refuse this';
export const NEVER = 'never answer';
export const TOO_FEW = 'too few pictures';
export const NO_PICTURE = 'what is no picture';

/** Tells every field, and the digest of the audio. */
export async function answerSpeech(request: IncomingMessage, bytes: Buffer, response: ServerResponse): Promise<void> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(new Uint8Array(bytes), { headers }).formData();
  const file = form.get('file') as File;
  const hint = form.get('prompt');
  if (hint === REFUSE) return send(response, 400, { error: { message: 'this audio cannot be decoded', code: 400 } });
  if (hint === NEVER) return;
  const audio = new Uint8Array(await file.arrayBuffer());
  const told = ['model', 'response_format', 'temperature', 'language', 'prompt'].map(
    (name) => `${name}=${form.get(name) as string | null}`,
  );
  send(response, 200, { text: `${file.name} ${createHash('sha256').update(audio).digest('hex')} ${told.join(' ')}` });
}

export function answerPictures({ prompt, n, response_format: form }: AblePictures, response: ServerResponse): void {
  if (prompt === REFUSE) return send(response, 400, { error: { message: 'that size is not made here', code: 400 } });
  if (prompt === NEVER) return;
  const count = prompt === TOO_FEW ? n - 1 : n;
  const picture = prompt === NO_PICTURE ? Buffer.from('<html>this is no picture</html>').toString('base64') : PIXEL;
  const data = Array.from({ length: count }, () =>
    form === 'b64_json' ? { b64_json: picture } : { url: 'http://x/y' },
  );
  send(response, 200, { created: 1, data });
}

function send(response: ServerResponse, status: number, json: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(json));
}
