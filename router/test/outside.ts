// Whom a network tells things by plain POST: one server that sends mail, is paid, and takes no alert, and remembers what each was sent.
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** To whom nobody sends mail. */
export const NOBODY = 'nobody@irori.example';

export class Outside {
  /** By their paths: `/mail`, `/alerts`, and Stripe's own. */
  readonly sent: { readonly path: string; readonly body: string }[] = [];
  readonly #server: Server;
  private constructor() {
    this.#server = createServer((asked, response) => {
      let body = '';
      asked.on('data', (chunk) => (body += String(chunk)));
      asked.on('end', () => {
        this.sent.push({ path: asked.url ?? '', body });
        response.statusCode = asked.url === '/alerts' || body.includes(NOBODY) ? 503 : 200;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ id: 'cs_test_1', url: 'https://pay.example/cs_test_1' }));
      });
    });
  }

  static async open(): Promise<Outside> {
    const outside = new Outside();
    await new Promise<void>((done) => outside.#server.listen(0, '127.0.0.1', done));
    return outside;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}
