import { describe, expect, test } from 'vitest';
import { readCan } from './read-can.ts';

describe('what an owner says that models can do', () => {
  test('is words joined by a plus, and none for text alone', () => {
    expect(readCan(['llama3.2=tools+json', 'a=b*= images ', 'x=none'])).toEqual({
      ok: true,
      value: [
        { model: 'llama3.2', can: ['tools', 'json'] },
        { model: 'a=b*', can: ['images'] },
        { model: 'x', can: [] },
      ],
    });
  });

  test.each([
    ['tools', "'tools' names no model"],
    ['=tools', "'=tools' names no model"],
    ['m=', "'' is none of tools, json"],
    ['m=tools+fly', "'fly' is none of tools, json"],
  ])('%s is refused with what it has to look like', (entry, told) => {
    expect(readCan([entry])).toEqual({ ok: false, error: expect.stringContaining(told) });
  });
});
