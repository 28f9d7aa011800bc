// Asks the operating system about TCP ports on a loopback address. Holds nothing.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { StartError } from './start-error.ts';

/** Where systems take the ports of outgoing connections from begins above these. */
const FIRST_PORT = 10_000;
const PORTS = 20_000;
const TRIES = 20;

/** A port that can be listened on: the asked one, or any free one for 0. Throws StartError when it is taken or not allowed. */
export async function claimPort(host: string, port: number): Promise<number> {
  if (port !== 0) return probePort(host, port);
  // Chosen here, since a port that the system chose may be an outgoing connection's before its server listens.
  for (let tries = 1; tries < TRIES; tries++) {
    const free = await probePort(host, FIRST_PORT + Math.floor(Math.random() * PORTS)).catch(() => null);
    if (free !== null) return free;
  }
  return probePort(host, 0);
}

async function probePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(new StartError(portFault(host, port, cause.code))));
    probe.listen({ host, port, exclusive: true }, () => {
      const bound = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(bound));
    });
  });
}

function portFault(host: string, port: number, code: string | undefined): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use. Stop what listens there, or choose another: npm start -- --port ${port === 65535 ? 8787 : port + 1}`;
  if (code === 'EACCES')
    return `This user may not listen on port ${port}. Choose one above 1023: npm start -- --port 8787`;
  return `Cannot listen on ${host}:${port} (${code ?? 'unknown reason'}). Choose another port: npm start -- --port 8788`;
}
