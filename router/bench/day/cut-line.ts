// The played home's way to the router, which can be cut for a while: connections break, and new ones are refused until it is mended.
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const HOST = '127.0.0.1';

export class CutLine {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();
  #isCut = false;

  private constructor(toPort: number) {
    this.#server = createServer((near) => this.#join(near, toPort));
  }

  static async open(toPort: number): Promise<CutLine> {
    const line = new CutLine(toPort);
    await new Promise<void>((resolve) => line.#server.listen(0, HOST, resolve));
    return line;
  }

  get url(): string {
    return `http://${HOST}:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const end of this.#ends) end.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket, toPort: number): void {
    if (this.#isCut) return void near.destroy();
    const far = connect(toPort, HOST);
    for (const end of [near, far]) {
      this.#ends.add(end.setNoDelay(true));
      end.on('error', () => end.destroy());
      end.once('close', () => {
        this.#ends.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }
}
