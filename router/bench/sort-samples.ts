// What a sampled stack was busy with: from the frames that perf tells to one of the kinds of work that a request costs. Pure.

/** One frame of a stack, the innermost first. */
export interface Frame {
  /** The function. */
  readonly name: string;
  /** Its file within the checkout, `node_modules/…` or as the engine names it; null for machine code. */
  readonly file: string | null;
}

export const WORK = [
  'secp256k1: sign',
  'secp256k1: verify',
  'keccak, EIP-712, Merkle',
  'SHA, HMAC',
  'SQLite in objects',
  'D1',
  'object RPC',
  'HTTP and streams, native',
  'WebSocket',
  'IoContext, isolate entry, microtasks',
  'event loop, timers',
  'sockets in the kernel',
  'files in the kernel',
  'JSON',
  'zod',
  'placement, homes',
  'JS: edge (routes, relay)',
  'JS: hub',
  'JS: billing',
  'JS: agent, jobs and link',
  'JS: agent, receipts',
  'JS: agent, backend',
  'JS: schema',
  'JS: other',
  'GC',
  'compile',
  'rest',
] as const;
export type Work = (typeof WORK)[number];

type Rule = readonly [work: Work, match: (frame: Frame) => boolean];

const named =
  (pattern: RegExp) =>
  ({ name, file }: Frame): boolean =>
    file === null && pattern.test(name);
const within =
  (pattern: RegExp) =>
  ({ file }: Frame): boolean =>
    file !== null && pattern.test(file);

/** Where curves are computed; the door of `schema/curve.ts` hashes too. */
const CURVES = within(/@noble\/curves\/|schema\/(?:noble|wasm|chosen)-curve|native-curve|secp256k1/);
const WASM = named(/wasm-function/);
/** What a function wants of a curve, innermost first: engines put small functions into those that call them. */
const WANTED: readonly (readonly [Work, RegExp])[] = [
  ['keccak, EIP-712, Merkle', /^hash|keccak/i],
  ['secp256k1: sign', /^(?:#?sign|k2sig|derive)/],
  ['secp256k1: verify', /recover|isSigned|isProven|verify/i],
];

/** Kinds of work that own whatever they call: the first that any frame of the stack belongs to. */
const OWNERS: readonly Rule[] = [
  ['GC', named(/Heap::CollectGarbage|Scaveng|MarkCompact|ConcurrentMark|MarkingV|Sweeper|cppgc::internal|MinorGC/)],
  [
    'compile',
    named(
      /v8::internal::(?:compiler|maglev|turboshaft|baseline|parsing)::|v8::internal::(?:Compiler|OptimizedCompil|OptimizingCompil|BaselineBatch|Turbofan|wasm::)|TurbofanCompil/,
    ),
  ],
  ['D1', within(/^database\.worker\.js$|^cloudflare-internal:d1-api$/)],
];
const HASHING: readonly Rule[] = [
  ['keccak, EIP-712, Merkle', within(/@noble\/hashes\/sha3|schema\/(?:typed-data|merkle|seal|receipt|keccak)\.ts/)],
  ['SHA, HMAC', within(/@noble\/hashes\/|^node:internal\/crypto/)],
  ['SHA, HMAC', named(/SubtleCrypto|workerd::api::Crypto|SHA(?:1|256|512)|EVP_|HMAC|node::crypto/i)],
  ['SQLite in objects', named(/sqlite3|SqliteDatabase|ActorSqlite|SqlStorage/)],
];
/** Work by the innermost frame that says something: what says nothing (memory, built-ins) belongs to what called it. */
const NEAREST: readonly Rule[] = [
  [
    'sockets in the kernel',
    named(/^(?:__)?(?:tcp_|inet|sock_|unix_stream|__skb|skb_|ep_|do_epoll|__sys_(?:send|recv)|eventfd)/),
  ],
  ['files in the kernel', named(/^(?:ext4_|vfs_|do_filp|do_unlink|do_fsync|path_open|do_renameat|filename_)/)],
  ['WebSocket', named(/WebSocket/)],
  ['WebSocket', within(/node_modules\/ws\//)],
  ['object RPC', named(/JsRpc|workerd::rpc|capnp::|ValueSerializer|ValueDeserializer|jsg::(?:Des|S)erializer/)],
  [
    'HTTP and streams, native',
    named(
      /workerd::api::(?:Readable|Writable|Transform|Identity|Fixed|Stream|Request|Response|Headers|Body|Fetch|Http|Queue|Encod|Text|Global)|kj::.*(?:Http|AsyncOutput|AsyncInput|AsyncPipe|AsyncTee|AsyncIoStream)|llhttp|node::(?:http|Stream|LibuvStream|.*Wrap)|uv__(?:write|read|stream)/,
    ),
  ],
  ['HTTP and streams, native', within(/^node:(?:_http|http|net|_stream|internal\/stream|internal\/http)/)],
  ['JSON', named(/Json(?:Parse|Stringif)|v8::JSON/)],
  ['zod', within(/node_modules\/zod\//)],
  ['placement, homes', within(/router\/(?:placement|homes|area)\/|schema\/(?:placement|presence|offer)/)],
  [
    'JS: edge (routes, relay)',
    within(/router\/(?:routes|relay|services|auth)\/|router\/[^/]+\.ts$|node_modules\/hono\//),
  ],
  ['JS: hub', within(/router\/hub\//)],
  ['JS: billing', within(/router\/billing\//)],
  ['JS: agent, receipts', within(/node-agent\/receipts\//)],
  ['JS: agent, backend', within(/node-agent\/backends\/|eventsource-parser/)],
  ['JS: agent, jobs and link', within(/node-agent\//)],
  ['JS: schema', within(/schema\//)],
  ['event loop, timers', within(/^node:internal\/(?:timers|process)/)],
  ['JS: other', ({ file }) => file !== null],
  [
    'IoContext, isolate entry, microtasks',
    named(/IoContext|InputGate|OutputGate|jsg::Lock|RunMicrotasks|Worker::|IsolateBase|jsg::V8StackScope/),
  ],
  ['event loop, timers', named(/^kj::|tokio|^uv_|epoll|node::Environment|node::SpinEventLoop/)],
];

/** Of a stack, the innermost frame first. */
export function sortSample(frames: readonly Frame[]): Work {
  const owner = OWNERS.find(([, match]) => frames.some(match))?.[0];
  if (owner) return owner;
  if (frames.some(CURVES) || frames.some(WASM)) return sortCurve(frames);
  const hashing = HASHING.find(([, match]) => frames.some(match))?.[0];
  if (hashing) return hashing;
  for (const frame of frames) {
    const nearest = NEAREST.find(([, match]) => match(frame))?.[0];
    if (nearest) return nearest;
  }
  return 'rest';
}

function sortCurve(frames: readonly Frame[]): Work {
  for (const { name, file } of frames) {
    const work = file === null ? undefined : WANTED.find(([, pattern]) => pattern.test(name))?.[0];
    if (work) return work;
  }
  return 'secp256k1: verify';
}
