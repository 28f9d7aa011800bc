// A line between a home and its router that counts what it carries and passes it on.
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';

export interface Line {
  readonly port: number;
  /** In both directions so far. */
  carriedBytes(): number;
  /** Pieces that came, in both directions: about as many packets. */
  carriedPieces(): number;
  /** Resolves when something came back through it; throws when that takes longer. */
  waitOpen(waitMs: number): Promise<void>;
  end(): Promise<void>;
}

/** `port` 0 takes a free one. */
export async function openLine(port: number, toPort: number): Promise<Line> {
  const open = new Set<Socket>();
  const carried = { up: 0, down: 0, pieces: 0 };
  const carry = (from: Socket, to: Socket, way: 'up' | 'down'): void => {
    open.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes: Buffer) => {
      carried[way] += bytes.length;
      carried.pieces += 1;
      to.write(bytes);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect({ host: HOST, port: toPort });
    carry(near, far, 'up');
    carry(far, near, 'down');
  });
  await new Promise<void>((resolve) => server.listen({ port, host: HOST }, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? port) : port,
    carriedPieces: () => carried.pieces,
    carriedBytes: () => carried.up + carried.down,
    waitOpen: async (waitMs) => {
      const deadlineAt = Date.now() + waitMs;
      while (carried.down === 0) {
        if (Date.now() > deadlineAt) throw new Error('the idle home never came to its router');
        await sleep(50);
      }
    },
    end: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
