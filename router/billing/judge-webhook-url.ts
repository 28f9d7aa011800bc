// Where a webhook may be sent: https, and no address of this machine, of a private network or of a single link. Pure. A name that leads to such an address
// is the platform's to refuse: Cloudflare's network reaches none of them.

/** The first address of each block, and its bits. After IANA's registries of special-purpose addresses. */
const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
/** Names that mean this machine or a network of its own. */
const PRIVATE_NAMES = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa|test|invalid)$/;
const MAX_CHARS = 2000;

/** Why an address is refused, in words that end a sentence; null where it may be sent to. `allowsLocal`: of a network that stands on one machine. */
export function judgeWebhookUrl(text: string, allowsLocal: boolean): string | null {
  if (text.length > MAX_CHARS) return `must hold ${MAX_CHARS} characters at most`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be an https address';
  if (url.username !== '' || url.password !== '') return 'must hold no user name and no password';
  if (allowsLocal) return null;
  if (url.protocol !== 'https:') return 'must be an https address';
  // A dot at the end means the same name.
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  if (isPrivate(host)) return 'must be an address of the internet, none of this machine or of a private network';
  return null;
}

function isPrivate(host: string): boolean {
  if (host.startsWith('[')) return isPrivateV6(host.slice(1, -1));
  const v4 = readV4(host);
  if (v4 !== null) return isPrivateV4(v4);
  return PRIVATE_NAMES.test(host) || !host.includes('.');
}

/** As a number; null for a name. URLs write every form of an IPv4 address in this one. */
function readV4(host: string): number | null {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) return null;
  return host.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function isPrivateV4(address: number): boolean {
  return PRIVATE_V4.some(([first, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((readV4(first) ?? 0) / size);
  });
}

/** Only 2000::/3 is the internet's, and of it not what stands for an IPv4 address, a tunnel or documentation. */
function isPrivateV6(host: string): boolean {
  const groups = readV6(host);
  const [first = 0, second = 0] = groups;
  if (groups.length !== 8 || first >> 13 !== 1) return true;
  return first === 0x2002 || (first === 0x2001 && (second < 0x200 || second === 0xdb8)) || first === 0x3fff;
}

/** The groups of an address as URLs write it: in hex, the longest run of zeros as `::`. */
function readV6(host: string): number[] {
  const [head = '', tail] = host.split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return read(head);
  const [before, after] = [read(head), read(tail)];
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}
