import { expect, test } from 'vitest';
import { chooseOpener } from './open.ts';

test.each([
  ['darwin', {}, ['open']],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler']],
  ['linux', { DISPLAY: ':0' }, ['xdg-open']],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open']],
  ['linux', { DISPLAY: '' }, null],
  ['linux', {}, null],
] as const)('on %s with %o an address is opened by %o', (platform, env, opener) => {
  expect(chooseOpener(platform, env)).toEqual(opener);
});
