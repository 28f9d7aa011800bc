import { expect, test } from 'vitest';
import { changeText, messageSchema, findStrangeMessage, textOf, textsOf } from './message.ts';

const hi = { role: 'user', content: 'hi' } as const;

test('a message says its text, and a chat one text for each message', () => {
  expect(textOf(hi)).toBe('hi');
  expect(textsOf([hi, { content: '' }])).toEqual(['hi', '']);
});

test('a changed text leaves its speaker as it is', () => {
  expect(changeText(hi, (text) => text.toUpperCase())).toEqual({ role: 'user', content: 'HI' });
});

test.each([
  ['a role of nobody', { role: 'root', content: 'hi' }],
  ['a number for a text', { role: 'user', content: 1 }],
  ['nothing', null],
])('%s is no message, and is named by its place', (_, strange) => {
  expect(findStrangeMessage([hi, strange])).toBe(
    'messages[1] must have a role of system, user or assistant and a text',
  );
  expect(findStrangeMessage([hi])).toBeNull();
});

test('of a message that travels nothing but its fields is read', () => {
  expect(messageSchema.parse({ ...hi, name: 'Ada' })).toEqual(hi);
});
