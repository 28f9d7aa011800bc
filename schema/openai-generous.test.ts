// What callers send beyond what the parser needs: taken as OpenAI takes it, or refused by name where no home could read it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_STOPS } from './chat-job.ts';
import { MAX_STOP_CHARS, parseChatRequest } from './openai.ts';
import type { ChatRequest } from './openai.ts';
import type { RequestFault } from './request-fault.ts';

const plain = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

function accept(extra: object): ChatRequest {
  const parsed = parseChatRequest({ ...plain, ...extra });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}

function refuseWith(extra: object): RequestFault {
  const parsed = parseChatRequest({ ...plain, ...extra });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}

describe('what OpenAI takes and nobody else minds', () => {
  test.each([1, 32_768, 32_769, 200_000, 2 ** 53, 1e21, 1e308])(
    'a limit of %d tokens stands as it was asked',
    (limit) => {
      expect(accept({ max_tokens: limit }).maxTokens).toBe(limit);
      expect(accept({ max_completion_tokens: limit }).maxTokens).toBe(limit);
      expect(accept({ max_tokens: null, max_completion_tokens: limit }).maxTokens).toBe(limit);
    },
  );

  test('top_p 0 asks for one token, in a number that every server takes', () => {
    const { topP } = accept({ top_p: 0 });
    expect(topP).toBeGreaterThan(0);
    expect(topP).toBeLessThan(1e-5);
  });

  test('a seed of 64 bits is taken, and becomes a number that JSON holds exactly', () => {
    for (const seed of ['9223372036854775807', '-9223372036854775808', '18446744073709551615', '9007199254740993']) {
      const taken = accept({ seed: JSON.parse(seed) }).seed;
      expect(taken).not.toBeNull();
      expect(Number.isSafeInteger(taken)).toBe(true);
      expect(accept({ seed: JSON.parse(seed) }).seed).toBe(taken);
    }
    expect(accept({ seed: JSON.parse('9223372036854775807') }).seed).not.toBe(
      accept({ seed: JSON.parse('9223372036854000000') }).seed,
    );
    expect(accept({ seed: Number.MAX_SAFE_INTEGER }).seed).toBe(Number.MAX_SAFE_INTEGER);
    expect(accept({ seed: -3 }).seed).toBe(-3);
  });

  test('64 stops of 1,000 characters are taken', () => {
    const stop = Array.from({ length: MAX_STOPS }, () => 'x'.repeat(MAX_STOP_CHARS));
    expect([MAX_STOPS, MAX_STOP_CHARS]).toEqual([64, 1000]);
    expect(accept({ stop }).stop).toEqual(stop);
  });

  test('a stop that is null is none', () => {
    expect(accept({ stop: [null, 'a', null] }).stop).toEqual(['a']);
  });

  test('stream options of any vendor change nothing', () => {
    const vendors = { continuous_usage_stats: true, include_irori: { a: 1 }, chunk_size: null };
    for (const more of [vendors, { include_obfuscation: true }, { include_obfuscation: false }]) {
      const asked = { stream: true, stream_options: { include_usage: true, ...more } };
      expect(accept(asked)).toEqual(accept({ stream: true, stream_options: { include_usage: true } }));
    }
    expect(accept({ stream: true, stream_options: {} }).includeUsage).toBe(false);
    expect(accept({ stream: true, stream_options: { include_usage: null } }).includeUsage).toBe(false);
  });

  test('a name is handed on, and members that nobody knows are taken and are not', () => {
    const more = { id: 'm1', reasoning_content: 'hm', prefix: false, tool_call_id: null };
    for (const role of ['system', 'developer', 'user', 'assistant']) {
      expect(accept({ messages: [{ role, content: 'x', name: 'User proxy', ...more }] })).toEqual(
        accept({ messages: [{ role, content: 'x', name: 'User proxy' }] }),
      );
      expect(accept({ messages: [{ role, content: 'x', name: 'User proxy' }] }).messages[0]).toMatchObject({
        name: 'User proxy',
      });
    }
  });

  test('a text part may be marked for a cache', () => {
    const content = [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' }, annotations: null }];
    expect(accept({ messages: [{ role: 'user', content }] }).messages).toEqual([{ role: 'user', content: 'x' }]);
  });

  test('an answer that held nothing may come back as null, or without its content', () => {
    for (const nothing of [{ content: null }, {}])
      expect(accept({ messages: [{ role: 'assistant', ...nothing }] }).messages).toEqual([
        { role: 'assistant', content: '' },
      ]);
  });

  test('several system and developer messages keep their places', () => {
    const roles = ['system', 'developer', 'user', 'system', 'assistant', 'developer'];
    const messages = roles.map((role, i) => ({ role, content: String(i) }));
    expect(
      accept({ messages })
        .messages.map(({ role, content }) => `${role[0]}${JSON.stringify(content).replaceAll('"', '')}`)
        .join(' '),
    ).toBe('s0 s1 u2 s3 a4 s5');
  });
});

describe('half a character', () => {
  const HALVES = ['\ud83d', '\ude00', 'half \ud83d here', '\ude00\ud83d', '🔥\ud83d'];

  test.each(HALVES)('%j in a message is refused where it stands, with what to do', (half) => {
    for (const role of ['system', 'user', 'assistant'])
      expect(refuseWith({ messages: [...plain.messages, { role, content: half }] })).toEqual({
        param: 'messages[1].content',
        code: 'invalid_value',
        message: expect.stringMatching(/'messages\[1\]\.content'.*lone surrogate.*toWellFormed/),
      });
  });

  test('in a text part and in a stop string it is refused where it stands', () => {
    const content = ['a', '\ud83d'].map((text) => ({ type: 'text', text }));
    expect(refuseWith({ messages: [{ role: 'user', content }] }).param).toBe('messages[0].content[1].text');
    expect(refuseWith({ stop: '\ud83d' }).message).toContain('lone surrogate');
    expect(refuseWith({ stop: ['a', '\ud83d'] }).param).toBe('stop[1]');
  });

  test('whole ones are taken as they are', () => {
    for (const content of ['🔥', '👩‍👩‍👧', '\u0000', '\ufffd', '\uffff', '囲炉裏'])
      expect(accept({ messages: [{ role: 'user', content }] }).messages).toEqual([{ role: 'user', content }]);
  });
});

const anyText = fc.string({ unit: fc.oneof(fc.constantFrom('\ud83d', '\ude00', '🔥'), fc.string({ maxLength: 1 })) });

test('whatever is accepted holds whole characters only, and what no one knows changes nothing', () => {
  const stranger = fc.dictionary(
    fc.string({ minLength: 1 }).map((key) => `x_${key}`),
    fc.jsonValue({ maxDepth: 2 }),
  );
  fc.assert(
    fc.property(anyText, anyText, stranger, (said, stop, more) => {
      const messages = [{ role: 'user', content: [{ ...more, type: 'text', text: said }], ...more }];
      const parsed = parseChatRequest({ ...plain, messages, stop: [stop], stream: true, stream_options: more });
      const isWhole = said.isWellFormed() && stop.isWellFormed() && stop !== '';
      const plainly = isWhole ? accept({ messages: [{ role: 'user', content: said }], stop, stream: true }) : null;
      expect(parsed.ok ? parsed.value : null).toEqual(plainly);
    }),
  );
});
