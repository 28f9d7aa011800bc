// Which of two versions is the newer. Pure.

const FORM = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9A-Za-z.-]{1,60}))?$/;

/** `1.2.3` or `1.2.3-rc.1`. */
export function isVersion(text: string): boolean {
  return FORM.test(text);
}

/** Below 0 where `a` is older than `b`. What is before a release (`-rc.1`) is older than it. Texts that are no versions are older than all. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [FORM.exec(a), FORM.exec(b)];
  if (!left || !right) return Number(left !== null) - Number(right !== null);
  for (const part of [1, 2, 3]) {
    const difference = Number(left[part]) - Number(right[part]);
    if (difference !== 0) return difference;
  }
  const [early, other] = [left[4], right[4]];
  if (early === other) return 0;
  if (early === undefined || other === undefined) return early === undefined ? 1 : -1;
  return compareEarly(early.split('.'), other.split('.'));
}

function compareEarly(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const areNumbers = /^\d+$/.test(left) && /^\d+$/.test(right);
    return areNumbers ? Number(left) - Number(right) : left < right ? -1 : 1;
  }
  return 0;
}
