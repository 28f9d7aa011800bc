// One HTTP/1.1 answer as its bytes come: its head, then its body, by the length that it tells, in chunks, or to the connection's end. Knows no connection.
// A body's bytes are views of what was read: whoever wants them longer than the call copies them. What no server that means well writes is an error.

/** What of an answer's head a chat looks at: the first of a name counts. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

export interface AnswerEar {
  readonly onHead: (status: number, headers: AnswerHeaders) => void;
  readonly onBody: (bytes: Uint8Array) => void;
}

/** A head, or a line between chunks, is no longer than this. */
const HEAD_LIMIT_BYTES = 16 * 1024;
const LINE_LIMIT_BYTES = 4 * 1024;

const HTTP = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What would begin a line for somebody else. */
const NOT_IN_LINE = /[\r\n\0]/;
const CHUNK_LINE = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i;
const KEPT_FOR = /(?:^|[,\s])timeout=(\d{1,6})/;

const [CR, LF] = [0x0d, 0x0a];

/** What is read next. */
type Place = 'head' | 'length' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailers' | 'to-close' | 'end';

export class HttpAnswer {
  readonly #ear: AnswerEar;
  #place: Place = 'head';
  /** The beginning of a head or line whose end has not come. */
  #carry = '';
  /** Bytes of the body, or of its chunk, that have not come. */
  #left = 0;
  #isKept = false;
  #keptForS: number | null = null;

  constructor(ear: AnswerEar) {
    this.#ear = ear;
  }

  /** All of it has come. */
  get isWhole(): boolean {
    return this.#place === 'end';
  }

  /** It ends where the connection ends. */
  get endsWithConnection(): boolean {
    return this.#place === 'to-close';
  }

  /** The connection can carry another one after this. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** How long the server keeps a connection on which nothing happens, s, where it tells. */
  get keptForS(): number | null {
    return this.#keptForS;
  }

  /** Takes the next bytes. Throws RangeError or SyntaxError where they are no HTTP. Bytes behind the answer's end are an error too: nobody asked for them. */
  feed(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at = this.#step(bytes, at);
  }

  /** Reads on from `at`; where the next step begins. */
  #step(bytes: Buffer, at: number): number {
    switch (this.#place) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'length':
        return this.#readBody(bytes, at, 'end');
      case 'chunk':
        return this.#readBody(bytes, at, 'chunk-end');
      case 'to-close':
        this.#ear.onBody(at === 0 ? bytes : bytes.subarray(at));
        return bytes.length;
      case 'chunk-line':
      case 'chunk-end':
      case 'trailers':
        return this.#readLine(bytes, at);
      case 'end':
        throw new SyntaxError('bytes come behind the end of an answer');
    }
  }

  #readBody(bytes: Buffer, at: number, next: Place): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#place = next;
    this.#ear.onBody(bytes.subarray(at, end));
    return end;
  }

  #readHead(bytes: Buffer, at: number): number {
    const from = this.#carry.length;
    this.#carry += bytes.toString('latin1', at, at + HEAD_LIMIT_BYTES + 4);
    // What of the head's end came before need not be looked for again.
    const end = this.#carry.indexOf('\r\n\r\n', Math.max(0, from - 3));
    if (end < 0 || end > HEAD_LIMIT_BYTES) {
      if (this.#carry.length > HEAD_LIMIT_BYTES) throw new RangeError('the head of an answer is longer than 16 KiB');
      const start = this.#carry.slice(0, HTTP.length);
      if (start !== HTTP.slice(0, start.length)) throw new SyntaxError('what answers speaks no HTTP');
      return bytes.length;
    }
    const [statusLine = '', ...lines] = this.#carry.slice(0, end).split('\r\n');
    this.#carry = '';
    this.#takeHead(statusLine, lines);
    return at + end + 4 - from;
  }

  #takeHead(statusLine: string, lines: readonly string[]): void {
    const [, minor, code] = STATUS_LINE.exec(statusLine) ?? [];
    if (minor === undefined) throw new SyntaxError('what answers speaks no HTTP');
    const status = Number(code);
    if (status === 101) throw new SyntaxError('the server changes the protocol unasked');
    // "Go on" and hints: the answer follows.
    if (status < 200) return;
    const headers = readHeaders(lines);
    this.#place = this.#placeBody(status, headers);
    const connection = headers['connection']?.toLowerCase() ?? '';
    const isOpen = minor === '1' ? !connection.includes('close') : connection.includes('keep-alive');
    this.#isKept = isOpen && this.#place !== 'to-close';
    const keptFor = KEPT_FOR.exec(headers['keep-alive'] ?? '')?.[1];
    this.#keptForS = keptFor === undefined ? null : Number(keptFor);
    this.#ear.onHead(status, headers);
  }

  #placeBody(status: number, headers: AnswerHeaders): Place {
    const { 'transfer-encoding': coding, 'content-length': length } = headers;
    if (status === 204 || status === 304) return 'end';
    if (coding !== undefined) {
      if (length !== undefined) throw new SyntaxError('an answer tells its length in two ways');
      return /(?:^|[,\s])chunked$/i.test(coding) ? 'chunk-line' : 'to-close';
    }
    if (length === undefined) return 'to-close';
    if (!/^\d{1,15}$/.test(length)) throw new SyntaxError('the length of an answer is no number');
    this.#left = Number(length);
    return this.#left === 0 ? 'end' : 'length';
  }

  /** A line of a chunked body: before a chunk its length, behind it nothing, at the end what nobody reads. */
  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    const stop = end < 0 ? bytes.length : end;
    if (this.#carry.length + stop - at > LINE_LIMIT_BYTES) throw new RangeError('a line of an answer is too long');
    if (end < 0) {
      this.#carry += bytes.toString('latin1', at, stop);
      return stop;
    }
    const line =
      this.#carry === '' ? bytes.toString('latin1', at, end) : this.#carry + bytes.toString('latin1', at, end);
    this.#carry = '';
    if (line.charCodeAt(line.length - 1) !== CR) throw new SyntaxError('a line of an answer has no end');
    this.#takeLine(line.slice(0, -1));
    return end + 1;
  }

  #takeLine(line: string): void {
    if (this.#place === 'chunk-line') {
      const [, hex] = CHUNK_LINE.exec(line) ?? [];
      if (hex === undefined) throw new SyntaxError('a chunk of an answer has no length');
      this.#left = Number.parseInt(hex, 16);
      this.#place = this.#left === 0 ? 'trailers' : 'chunk';
    } else if (this.#place === 'trailers') {
      if (line === '') this.#place = 'end';
    } else if (line === '') this.#place = 'chunk-line';
    else throw new SyntaxError('a chunk of an answer is longer than it says');
  }
}

function readHeaders(lines: readonly string[]): AnswerHeaders {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 1 || !HEADER_NAME.test(name) || NOT_IN_LINE.test(line))
      throw new SyntaxError('a header of an answer cannot be read');
    const key = name.toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers[key];
    if (before === undefined) headers[key] = value;
    else if (key === 'transfer-encoding' || key === 'connection') headers[key] = `${before}, ${value}`;
    else if (key === 'content-length' && before !== value) throw new SyntaxError('an answer tells two lengths');
  }
  return headers;
}
