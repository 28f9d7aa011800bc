// A TCP line of a set length: what goes in at one end comes out at the other half a round trip later, in order.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const HOST = '127.0.0.1';

export class DelayLine {
  /** There and back, ms. */
  readonly rttMs: number;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, rttMs: number) {
    this.#server = server;
    this.rttMs = rttMs;
  }

  /** A line to a port of this machine. */
  static async open(toPort: number, rttMs: number): Promise<DelayLine> {
    // Each direction ends for itself, when its last bytes have come out.
    const server = createServer({ allowHalfOpen: true });
    const line = new DelayLine(server, rttMs);
    server.on('connection', (near) => line.#join(near, connect({ port: toPort, host: HOST, allowHalfOpen: true })));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return line;
  }

  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    this.#carry(near, far);
    this.#carry(far, near);
  }

  #carry(from: Socket, to: Socket): void {
    this.#open.add(from);
    from.setNoDelay(true);
    // Timers of one length fire in the order in which they were set.
    // One may fire up to a millisecond early: the line is never shorter than it says.
    const later = (what: () => void): void => void setTimeout(what, Math.ceil(this.rttMs / 2) + 1);
    from.on('data', (bytes: Buffer) => later(() => to.write(bytes)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => later(() => to.destroy()));
    from.on('close', () => {
      this.#open.delete(from);
      later(() => to.destroySoon());
    });
  }
}
