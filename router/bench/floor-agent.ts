// The home's end of floor-worker.js, its own process: `node floor-agent.ts ROUTER_PORT BACKEND_PORT`. Passes bytes on as they come.
import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';

const [routerPort, backendPort] = process.argv.slice(2).map(Number);
const connections = new Agent({ keepAlive: true, maxFreeSockets: 256 });
const socket = new WebSocket(`ws://127.0.0.1:${routerPort}/link`, { perMessageDeflate: false });

socket.on('open', () => console.log('{}'));
socket.on('close', () => process.exit(1));
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.on('message', (data: Buffer) => {
  const { number, body } = JSON.parse(data.toString('utf8')) as { number: number; body: string };
  const sent = request({
    agent: connections,
    host: '127.0.0.1',
    port: backendPort,
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  sent.on('response', (response) => {
    send(number, 0, Buffer.from(response.headers['content-type'] ?? 'text/plain'));
    response.on('data', (bytes: Buffer) => send(number, 1, bytes));
    response.on('end', () => send(number, 2, Buffer.alloc(0)));
  });
  sent.on('error', (error) => console.error(error.message));
  sent.end(body);
});

function send(number: number, kind: number, bytes: Buffer): void {
  const frame = Buffer.allocUnsafe(5 + bytes.length);
  frame.writeUInt32BE(number);
  frame[4] = kind;
  bytes.copy(frame, 5);
  socket.send(frame);
}
