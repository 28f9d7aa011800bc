import { expect, test } from 'vitest';
import { HttpAnswer } from './http-answer.ts';

interface Seen {
  readonly status: number | null;
  readonly body: string;
  readonly isWhole: boolean;
  readonly answer: HttpAnswer;
  readonly header: (name: string) => string | undefined;
}

/** Reads an answer whose bytes come in pieces of at most `size`. */
function read(text: string, size = text.length): Seen {
  let status: number | null = null;
  let headers: Readonly<Record<string, string | undefined>> = {};
  const parts: Buffer[] = [];
  const answer = new HttpAnswer({
    onHead: (code, told) => {
      [status, headers] = [code, told];
    },
    onBody: (bytes) => parts.push(Buffer.from(bytes)),
  });
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    // As of a buffer that is used again.
    const lent = Buffer.from(bytes.subarray(at, at + size));
    answer.feed(lent);
    lent.fill(0);
  }
  const body = Buffer.concat(parts).toString('latin1');
  return { status, body, isWhole: answer.isWhole, answer, header: (name) => headers[name] };
}

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const LENGTH = 'HTTP/1.1 200 OK\r\ncontent-length: ';

test.each([
  ['chunks', `${CHUNKED}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n`, 'hello world'],
  ['chunks, lengths in capitals and with zeros', `${CHUNKED}00A\r\n0123456789\r\n0\r\n\r\n`, '0123456789'],
  ['chunks with trailers', `${CHUNKED}2\r\nhi\r\n0\r\nx-sum: 1\r\ny: 2\r\n\r\n`, 'hi'],
  ['a length', `${LENGTH}5\r\n\r\nhello`, 'hello'],
  ['a length told twice alike', `${LENGTH}5\r\nContent-Length: 5\r\n\r\nhello`, 'hello'],
  ['nothing', `${LENGTH}0\r\n\r\n`, ''],
  ['no content', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
  ['hints before it', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n${LENGTH}2\r\n\r\nhi`, 'hi'],
])('an answer of %s is read however its bytes are cut', (_, text, body) => {
  for (let size = 1; size <= text.length; size += 1)
    expect(read(text, size)).toMatchObject({ status: expect.any(Number), body, isWhole: true });
});

test('an answer without a length ends with its connection', () => {
  const seen = read('HTTP/1.1 200 OK\r\n\r\nhello', 7);
  expect(seen).toMatchObject({ body: 'hello', isWhole: false });
  expect(seen.answer).toMatchObject({ endsWithConnection: true, isKept: false });
});

test('half an answer is not whole', () => {
  expect(read(`${LENGTH}6\r\n\r\nhello`).isWhole).toBe(false);
  expect(read(`${CHUNKED}5\r\nhello\r\n`).isWhole).toBe(false);
  expect(read(`${CHUNKED}5\r\nhello\r\n0\r\n`).answer.endsWithConnection).toBe(false);
});

test.each([
  ['HTTP/1.1 200 OK\r\n', '', true],
  ['HTTP/1.1 200 OK\r\n', 'connection: close\r\n', false],
  ['HTTP/1.1 200 OK\r\n', 'Connection: x\r\nconnection: Close\r\n', false],
  ['HTTP/1.0 200 OK\r\n', '', false],
  ['HTTP/1.0 200 OK\r\n', 'connection: Keep-Alive\r\n', true],
])('whether a connection serves again is told by version and header: %j %j', (line, header, isKept) => {
  expect(read(`${line}content-length: 0\r\n${header}\r\n`).answer.isKept).toBe(isKept);
});

test('how long a connection is kept is the server’s to say', () => {
  expect(read(`${LENGTH}0\r\nkeep-alive: timeout=5, max=100\r\n\r\n`).answer.keptForS).toBe(5);
  expect(read(`${LENGTH}0\r\n\r\n`).answer.keptForS).toBeNull();
});

test('names of headers have no case, their values no space around them, and the first counts', () => {
  const { header } = read(`${LENGTH}0\r\nRetry-After: \t7 \r\nretry-after: 9\r\n__proto__: x\r\n\r\n`);
  expect(header('retry-after')).toBe('7');
  expect(header('toString')).toBeUndefined();
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH\r\n'],
  ['a later version', 'HTTP/2 200 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n'],
  ['two lengths', `${LENGTH}5\r\ncontent-length: 6\r\n\r\nhello`],
  ['a length and chunks', `${LENGTH}5\r\ntransfer-encoding: chunked\r\n\r\n`],
  ['a negative length', `${LENGTH}-5\r\n\r\n`],
  ['a header over two lines', `${LENGTH}0\r\nx: a\r\n b\r\n\r\n`],
  ['a header without a name', `${LENGTH}0\r\n: a\r\n\r\n`],
  ['a line end of half a kind in a header', `${LENGTH}0\r\nx: a\nb: c\r\n\r\n`],
  ['a space before the colon', `${LENGTH}0\r\nx : a\r\n\r\n`],
  ['a chunk without a length', `${CHUNKED}\r\nhello`],
  ['a chunk with a negative length', `${CHUNKED}-5\r\nhello\r\n`],
  ['a chunk longer than it says', `${CHUNKED}4\r\nhello\r\n0\r\n\r\n`],
  ['a line that ends in LF alone', `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
  ['bytes behind its end', `${LENGTH}2\r\n\r\nhimore`],
  ['a head of more than 16 KiB', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
  ['a line of more than 4 KiB', `${CHUNKED}5;${'y'.repeat(5_000)}\r\nhello\r\n0\r\n\r\n`],
])('an answer with %s is none', (_, text) => {
  expect(() => read(text, 3)).toThrow(/answer|server|HTTP/);
  expect(() => read(text)).toThrow(/answer|server|HTTP/);
});
