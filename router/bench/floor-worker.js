// The least that Worker, Durable Object and WebSocket can do with a call: no key, no hold, no choice, no flow control, no receipt.
// A frame from the home is u32 call, u8 kind (0 head, 1 bytes, 2 end), bytes; each becomes one write.
import { DurableObject } from 'cloudflare:workers';

const KIND = { head: 0, bytes: 1 };

export class Home extends DurableObject {
  #socket = null;
  #calls = new Map();
  #count = 0;

  async fetch(request) {
    if (request.headers.get('upgrade') === 'websocket') return this.#link();
    // A hibernated object forgets its fields and keeps its sockets.
    this.#socket ??= this.ctx.getWebSockets()[0];
    if (!this.#socket) return new Response('no home', { status: 503 });
    const number = ++this.#count;
    const path = new TextEncoder().encode(JSON.stringify({ number, body: await request.text() }));
    const answer = new Promise((resolve) => this.#calls.set(number, { resolve, controller: null }));
    this.#socket.send(path);
    return answer;
  }

  #link() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#socket = server;
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(_socket, message) {
    const view = new DataView(message);
    const number = view.getUint32(0);
    const call = this.#calls.get(number);
    if (!call) return;
    const kind = view.getUint8(4);
    if (kind === KIND.head) {
      const body = new ReadableStream({ start: (controller) => void (call.controller = controller) });
      const type = new TextDecoder().decode(new Uint8Array(message, 5));
      call.resolve(new Response(body, { headers: { 'content-type': type } }));
    } else if (kind === KIND.bytes) {
      call.controller.enqueue(new Uint8Array(message, 5));
    } else {
      this.#calls.delete(number);
      call.controller.close();
    }
  }
}

// oxlint-disable-next-line import/no-default-export -- what the platform calls
export default { fetch: (request, env) => env.HOME.get(env.HOME.idFromName('one')).fetch(request) };
