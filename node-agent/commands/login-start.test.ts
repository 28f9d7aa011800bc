import { expect, test } from 'vitest';
import { COMMANDS } from '../config/options.ts';
import { findLoginStart } from './login-start.ts';

test('a start at login is offered where this version has a command for it', () => {
  const hasCommand = (COMMANDS as readonly string[]).includes('service');
  expect(findLoginStart('/x') !== null).toBe(hasCommand);
});
