// What a browser says of itself, as its owner would say it. Pure. What it says may be anything: nothing is decided by it.

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrom(?:e|ium)\/|\bHeadlessChrome\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

/** `Firefox · Windows`; `unknown` where nothing is known of it. */
export function tellBrowser(about: string, unknown: string): string {
  const find = (list: typeof BROWSERS): string[] =>
    list
      .filter(([mark]) => mark.test(about))
      .slice(0, 1)
      .map(([, name]) => name);
  const told = [...find(BROWSERS), ...find(SYSTEMS)];
  return told.length === 0 ? unknown : told.join(' · ');
}
