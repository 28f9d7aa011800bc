import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanReason } from './clean-reason.ts';

describe('what a server says reaches callers', () => {
  test.each([
    [
      'Conversation roles must alternate user/assistant/user/assistant/...',
      'Conversation roles must alternate user/assistant/user/assistant/..',
    ],
    [
      'Jinja Exception: Conversation roles must alternate user/assistant',
      'Conversation roles must alternate user/assistant',
    ],
    // llama-server, ggml-org/llama.cpp issue 19851 and mistral-vibe issue 1006
    [
      "\n------------\nWhile executing CallExpression at line 189, column 32 in source:\n...== 0) %}↵            {{- raise_exception('After the optional system message, con...\n                                           ^\nError: Jinja Exception: After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.",
      'After the optional system message, conversation roles must alternate user and assistant roles except for tool calls and results.',
    ],
    ['System role not supported', 'System role not supported'],
    ['`best_of` must be > 0 and <= 2. Given: 5', 'best_of` must be > 0 and <= 2. Given: 5'],
    ["'max_tokens' must be at least 1, got 0.", "max_tokens' must be at least 1, got 0."],
    ['Failed to parse grammar', 'Failed to parse grammar'],
    ['無効な要求です。役割は交互でなければなりません', '無効な要求です。役割は交互でなければなりません'],
  ])('%s', (said, read) => {
    expect(cleanReason(said)).toBe(read.replace(/\.+$/, ''));
  });

  test('of a trace the sentence at its end', () => {
    const trace =
      'Traceback (most recent call last):\n  File "/app/serve.py", line 3, in run\n    render(x)\nTemplateSyntaxError: roles must alternate';
    expect(cleanReason(trace)).toBe('TemplateSyntaxError: roles must alternate');
  });

  test('at most 200 characters, without half a pair', () => {
    const long = cleanReason('the roles must alternate 🦊 '.repeat(40));
    expect(long.length).toBeLessThanOrEqual(200);
    for (const read of [long, cleanReason(`abc ${'🦊'.repeat(4000)}`)]) expect(read).not.toMatch(/\p{Cs}/u);
  });

  test('and nothing where nothing is said', () => {
    for (const said of ['', '   ', '502', '/etc/passwd', 'http://10.0.0.1/x', '---', '\u202e'])
      expect(cleanReason(said)).toBe('');
  });
});

const SECRETS = [
  '/home/ada/models/secret.gguf',
  '~/models/secret.bin',
  './run/secret.sock',
  'C:\\Users\\ada\\secret.txt',
  '\\\\nas\\share\\secret',
  'models/ada/secret.safetensors',
  'secret_template.jinja',
  'http://192.168.1.20:8080/v1/secret',
  'https://ada:pw@secret.example/x?y=z',
  'www.secret.example',
  'secret.example.com:8443',
  'ada@secret.example',
  '192.168.1.20',
  '10.0.0.7:11434',
  'fe80::1ff:fe23:4567:890a',
  '[2001:db8::1]:8080',
  'localhost:8080',
  'sk-secretsecretsecret',
  'hf_secretSECRETsecret',
  'Bearer secretsecretsecret',
  '0x7f3a2b1c0d9e',
  '9f86d081884c7d659a2feaa0c55ad015',
  '123e4567-e89b-12d3-a456-426614174000',
];
/** Words between which secrets stand. */
const WORDS = [
  'roles must alternate',
  'failed to open',
  'at',
  'in file',
  "'",
  '"',
  '(',
  ')',
  ':',
  ',',
  'because',
  '\n',
  ' = ',
];

describe('what a stranger must not read never does', () => {
  test.each(SECRETS)('%s', (secret) => {
    for (const said of [
      `roles must alternate ${secret}`,
      `cannot read ${secret}: roles must alternate`,
      `error in "${secret}" (${secret})`,
    ])
      expect(cleanReason(said)).not.toContain(secret);
    expect(cleanReason(`cannot read ${secret}: roles must alternate`)).not.toMatch(
      /secret|192|10\.0|fe80|2001|7f3a|9f86|123e|8080/i,
    );
  });

  test('wherever it stands among other words', () => {
    const word = fc.constantFrom(...WORDS, ...SECRETS);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const read = cleanReason(words.join(' '));
        for (const secret of SECRETS) expect(read).not.toContain(secret);
        expect(read).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
        expect(read.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  test('no run of 24 characters of the prompt, however it is quoted', () => {
    const flat = (text: string): string => text.replace(/[\s\p{Cc}\p{Cf}\p{Cs}\p{Co}]+/gu, ' ');
    const prompt = fc.array(
      fc.constantFrom('my', 'secret', 'plan', 'is', 'to', '囲炉裏', 'x1', '\n', '"', '  ', "don't", '🦊', '…', '/'),
      { minLength: 6, maxLength: 40 },
    );
    const quote = fc.constantFrom(
      (text: string) => text,
      (text: string) => JSON.stringify(text),
      (text: string) => text.toUpperCase(),
      (text: string) => `'${text.replace(/\n/g, '\\n')}'`,
    );
    fc.assert(
      fc.property(prompt, quote, fc.nat(60), fc.nat(60), (words, asQuoted, from, length) => {
        const text = words.join(' ');
        const read = cleanReason(
          `roles must alternate near ${asQuoted(text.slice(from, from + 24 + length))} so change it`,
          [text],
        );
        const whole = flat(text);
        for (let i = 0; i + 24 <= read.length; i += 1) expect(whole.includes(read.slice(i, i + 24))).toBe(false);
      }),
    );
  });

  test('a long prompt is looked through in a moment', () => {
    const prompt = 'the quick brown fox jumps over the lazy dog and so on '.repeat(20_000);
    expect(cleanReason(`invalid value near "${prompt.slice(500, 900)}"`, [prompt])).not.toContain(
      'quick brown fox jumps over',
    );
  });
});
