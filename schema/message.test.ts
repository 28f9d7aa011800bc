import { expect, test } from 'vitest';
import { changeText, countImages, messageSchema, findStrangeMessage, textOf, textsOf } from './message.ts';
import type { Message } from './message.ts';

const hi = { role: 'user', content: 'hi' } as const;
const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } } as const;
const shown: Message = {
  role: 'user',
  content: [{ type: 'text', text: 'what' }, picture, { type: 'text', text: 'is it' }],
};
const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } } as const;

test('a message says its text, and a chat one text for each message', () => {
  expect(textOf(hi)).toBe('hi');
  expect(textOf(shown)).toBe('what\nis it');
  expect(textsOf([hi, { role: 'tool', content: '', tool_call_id: 'c1' }])).toEqual(['hi', '']);
});

test('what was thought and called is text that a model reads', () => {
  const asked: Message = { role: 'assistant', content: '', reasoning_content: 'hm', tool_calls: [call] };
  expect(textsOf([asked])).toEqual(['hm\nlook{"at":1}']);
});

test('pictures are counted, wherever they stand', () => {
  expect(countImages([hi, shown, shown])).toBe(2);
});

test('a changed text leaves speaker and pictures as they are', () => {
  const loud = (text: string): string => text.toUpperCase();
  expect(changeText(hi, loud)).toEqual({ role: 'user', content: 'HI' });
  expect(changeText(shown, loud)).toEqual({
    role: 'user',
    content: [{ type: 'text', text: 'WHAT' }, picture, { type: 'text', text: 'IS IT' }],
  });
});

test.each([
  ['a role of nobody', { role: 'root', content: 'hi' }],
  ['a number for a text', { role: 'user', content: 1 }],
  ['a tool that answers no call', { role: 'tool', content: 'x' }],
  ['nothing', null],
])('%s is no message, and is named by its place', (_, strange) => {
  expect(findStrangeMessage([hi, strange])).toBe(
    'messages[1] must have a role of system, user, assistant or tool, and a text',
  );
  expect(findStrangeMessage([hi])).toBeNull();
});

test('of a message that travels nothing but its fields is read', () => {
  expect(messageSchema.parse({ ...hi, cache_control: {} })).toEqual(hi);
});
