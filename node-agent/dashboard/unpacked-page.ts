// The two documents of the page, as they were built into the program.
import { gunzipSync } from 'node:zlib';
import { GATE, GATE_POLICY, PAGE, PAGE_POLICY } from './built-page.ts';
import type { PageDocuments } from './page-server.ts';

export function unpackPage(): PageDocuments {
  return { page: { html: unpack(PAGE), policy: PAGE_POLICY }, gate: { html: unpack(GATE), policy: GATE_POLICY } };
}

function unpack(packed: string): string {
  return gunzipSync(Buffer.from(packed, 'base64')).toString('utf8');
}
