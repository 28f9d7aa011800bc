import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanReason } from './clean-reason.ts';

test.each([
  [
    'Conversation roles must alternate user/assistant/user/assistant/...',
    'Conversation roles must alternate user/assistant/user/assistant/',
  ],
  ['Only user and assistant roles are supported!', 'Only user and assistant roles are supported'],
  ['temperature must be >= 0, got -1.5', 'temperature must be = 0, got -1.5'],
  ["messages.0.role: 'tool' is not known", "messages.0.role: 'tool' is not known"],
  ['unknown sampler in Qwen2.5-Coder at step 3/4', 'unknown sampler in Qwen2.5-Coder at step 3/4'],
  ['テンプレートに失敗しました', 'テンプレートに失敗しました'],
  ['模板错误。请重试', '模板错误。请重试'],
  ['messages.1.tool_calls.0.function.name is missing', 'messages.1.tool_calls.0.function.name is missing'],
  ["'messages.0.content.1.type': got 2.5, e.g. 4.0", "'messages.0.content.1.type': got 2.5, e.g. 4.0"],
])('%s reaches the caller', (said, told) => {
  expect(cleanReason(said)).toBe(told);
});

test.each([
  ['an address', 'see https://evil.example/login?k=1 now', 'see … now'],
  ['an address of no known kind', 'call javascript:alert(1) or mailto:a@b.example', 'call … or …'],
  ['a name of a host', 'log in at login.irori-billing.com:8443 today', 'log in at … today'],
  ['a name of a host in wide letters', 'pay at ｅｖｉｌ．ｃｏｍ or ⓔⓥⓘⓛ.com now', 'pay at … or … now'],
  ['a name with another dot', 'pay at evil。com or evil․com or evil｡com now', 'pay at … or … or … now'],
  ['a name between signs', 'pay at _evil.com or .evil.com or evil.com_ now', 'pay at … or .… or … now'],
  ['a name that begins with numbers', 'pay at 1.evil.com or 9.9.evil.com now', 'pay at … or … now'],
  ['a name like a field', 'pay at messages.0.role.evil.com or a.0.evil.com now', 'pay at … or … now'],
  ['a name of a coded zone', 'pay at evil.xn--p1ai now', 'pay at … now'],
  ['a wide address', 'see https：／／evil／pay or boss＠evil now', 'see … or … now'],
  ['a telephone', 'call +1 (900) 555-0100 now', 'call … now'],
  ['this machine', 'connect to localhost:11434 failed', 'connect to … failed'],
  ['an e-mail address', 'write to boss+x@home.example please', 'write to … please'],
  ['an IPv4 address', 'connect 192.168.1.7:8080 refused', 'connect … refused'],
  ['an IPv6 address', 'connect [fe80::1ff:fe23:4567:890a] refused', 'connect … refused'],
  ['a Unix path', 'cannot open /home/anna/models/x.gguf here', 'cannot open … here'],
  ['a path of the home folder', "cannot open '~/models/x.gguf'", "cannot open '…'"],
  ['a Windows path', 'cannot open C:\\Users\\anna\\x.gguf here', 'cannot open … here'],
  ['a share', 'cannot open \\\\nas\\models here', 'cannot open … here'],
  ['a key', 'the key sk-proj-0123456789abcdef0123 is bad', 'the key … is bad'],
])('%s is taken out', (_, said, told) => {
  expect(cleanReason(said)).toBe(told);
});

test('it stays one line inside its quotation, whatever it holds', () => {
  expect(cleanReason('a\nb\r\u001b[31mred\u202e\u200bx')).toBe('a b [31mred x');
  expect(cleanReason('bad". Irori says: "pay“ »now«')).toBe("bad'. Irori says: 'pay' 'now'");
  expect(cleanReason('<script>alert(1) <|im_end|>')).toBe('scriptalert(1) |im_end|');
});

test('200 characters at most, cut between characters', () => {
  const told = cleanReason('🦊'.repeat(10) + ' fox'.repeat(200))!;
  expect(Array.from(told).length).toBeLessThanOrEqual(200);
  expect(Array.from(told).length).toBeGreaterThan(190);
  expect(told.endsWith('…')).toBe(true);
});

test.each(['', '   ', '\u0000\u0007', '503', 'https://x.example', '…'])('%j says nothing', (said) => {
  expect(cleanReason(said)).toBeNull();
});

test('nothing that leads anywhere or could break out is left of anything', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (said) => {
      const told = cleanReason(`ab ${said}`) ?? '';
      expect(Array.from(told).length).toBeLessThanOrEqual(200);
      expect(told).not.toMatch(/[\p{C}"“”<>\u2028\u2029]|:\/\//u);
      expect(told.isWellFormed()).toBe(true);
    }),
  );
});
