// Who asks, as far as its address tells: one of IPv4, or the network of 64 bits that one subscriber has of IPv6. Pure.

/** The header that the platform writes itself, so that no caller can; a local network has none. */
export const ADDRESS_HEADER = 'cf-connecting-ip';

/** The same text for all addresses of one subscriber; empty where none is told. */
export function readAddress(text: string | undefined): string {
  const address = (text ?? '').trim().toLowerCase().slice(0, 64);
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  // `::` stands for as many zeros as are missing.
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
