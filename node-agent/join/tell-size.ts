// Sizes as people read them. Pure. As graphics cards and their tools count: a GB is 1024³ bytes.

const GIB = 1024 ** 3;

/** `12.0 GB`, `830 GB`, `45 MB`. */
export function formatGb(bytes: number): string {
  const gib = bytes / GIB;
  if (gib >= 99.95) return `${Math.round(gib)} GB`;
  if (gib >= 0.95) return `${gib.toFixed(1)} GB`;
  return `${Math.max(0, Math.round(bytes / 1024 ** 2))} MB`;
}
