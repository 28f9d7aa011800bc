import { expect, test } from 'vitest';
import { tellBrowser } from './tell-browser.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

test.each([
  [CHROME, 'Chrome · Linux'],
  [`${CHROME} Edg/156.0.0.0`, 'Edge · Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox · Windows'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    'Safari · iPhone',
  ],
  ['curl/8.10.1', 'curl'],
  ['<b>', 'something'],
  ['', 'something'],
])('%s is told as %s', (about, told) => {
  expect(tellBrowser(about, 'something')).toBe(told);
});
