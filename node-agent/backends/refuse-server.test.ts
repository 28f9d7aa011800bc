import { describe, expect, test } from 'vitest';
import {
  doubtTools,
  isOfRouter,
  isThisMachine,
  judgeAddress,
  noteLinks,
  refuseAddress,
  refuseBaseUrl,
  refuseNetwork,
  refuseRouter,
  refuseTools,
} from './refuse-server.ts';

const reasonOf = (url: string, allowLan = false): string => {
  const result = refuseBaseUrl(url, allowLan);
  return result.ok ? 'allowed' : result.error;
};

describe('refuseBaseUrl', () => {
  test('this machine is allowed, and a bare address gets /v1', () => {
    expect(refuseBaseUrl('http://127.0.0.1:11434', false)).toEqual({
      ok: true,
      value: {
        root: 'http://127.0.0.1:11434',
        api: 'http://127.0.0.1:11434/v1',
        hostname: '127.0.0.1',
        port: 11434,
        elsewhere: expect.any(Array),
      },
    });
    expect(refuseBaseUrl('http://[::1]:8000/v1/', false)).toMatchObject({
      ok: true,
      value: { api: 'http://[::1]:8000/v1' },
    });
    expect(refuseBaseUrl('http://localhost/api/openai', false)).toMatchObject({
      ok: true,
      value: { api: 'http://localhost/api/openai', port: 80 },
    });
  });

  test.each([
    'http://192.168.1.5:11434',
    'http://10.0.0.2',
    'http://172.20.1.1',
    'http://100.101.1.2',
    'http://[fd12::1]:80',
    'http://nas.local:1234',
  ])('another machine of the home (%s) needs the owner’s word', (url) => {
    expect(reasonOf(url)).toContain('--allow-lan');
    expect(reasonOf(url, true)).toBe('allowed');
  });

  test.each([
    'http://169.254.169.254/latest',
    'http://[fe80::1]:80',
    'http://[::ffff:169.254.169.254]',
    'http://0xa9fea9fe',
    'http://2852039166',
    'http://[fd00:ec2::254]',
    'http://100.100.100.200',
    'http://metadata.google.internal',
    'http://0.0.0.0:11434',
    'http://224.0.0.1',
  ])('link-local, metadata and reserved addresses (%s) are refused whatever the owner says', (url) => {
    expect(reasonOf(url, true)).toMatch(/never shared/);
  });

  test('a server on the internet is refused whatever the owner says', () => {
    expect(reasonOf('http://8.8.8.8', true)).toContain('on the internet');
    expect(reasonOf('http://[2001:4860:4860::8888]', true)).toContain('on the internet');
  });

  test('what is no http address without secrets is refused with the remedy', () => {
    expect(reasonOf('127.0.0.1:11434')).toContain('http://127.0.0.1:11434');
    expect(reasonOf('ftp://127.0.0.1')).toContain('must begin with http');
    expect(reasonOf('http://me:pw@127.0.0.1')).toContain('API key');
    expect(reasonOf('http://127.0.0.1/?a=1')).toContain('no ?');
  });
});

describe('refuseAddress', () => {
  test('judges what a name resolves to', () => {
    expect(refuseAddress('127.0.0.53', false)).toBeNull();
    expect(refuseAddress('192.168.0.9', true)).toBeNull();
    expect(refuseAddress('192.168.0.9', false)).toContain('--allow-lan');
    expect(refuseAddress('93.184.216.34', true)).toContain('internet');
    expect(judgeAddress('::ffff:127.0.0.1')).toBe('loopback');
  });
});

test('this machine is told from every other', () => {
  expect(['localhost', 'LOCALHOST.', 'a.localhost', '127.0.0.1', '127.9.9.9', '::1'].every(isThisMachine)).toBe(true);
  expect(['nas.local', '192.168.1.5', 'localhost.example', '::2'].some(isThisMachine)).toBe(false);
});

describe('refuseNetwork', () => {
  test.each([
    [9337, [], 'mesh-llm'],
    [52415, [], 'exo'],
    [8080, ['mesh-llm'], 'mesh-llm'],
    [8080, ['exo labs'], 'exo labs'],
  ])('port %i owned by %j is taken for a network', (port, ownedBy, name) => {
    expect(refuseNetwork({ port, ownedBy, allowNetworks: false })).toContain(name);
    expect(refuseNetwork({ port, ownedBy, allowNetworks: true })).toBeNull();
  });

  test('an ordinary server is none', () => {
    expect(refuseNetwork({ port: 8080, ownedBy: ['llamacpp', 'exotic'], allowNetworks: false })).toBeNull();
  });
});

test('LM Studio may serve other machines’ models, and only its owner knows', () => {
  expect(noteLinks('lm-studio').join('')).toContain('LM Link');
  expect(noteLinks('ollama')).toEqual([]);
});

test('an Irori router is known by the head of any answer, and by its address', () => {
  expect(isOfRouter({ 'access-control-expose-headers': '*, x-request-id, x-irori, x-irori-node' })).toBe(true);
  expect(isOfRouter({ 'x-irori-job': 'job_1' })).toBe(true);
  expect(isOfRouter({ 'access-control-expose-headers': '*' })).toBe(false);
  expect(isOfRouter({})).toBe(false);
  const at = (hostname: string, port: number): boolean =>
    refuseRouter({ hostname, port }, new URL('http://[::1]:8787')) !== null;
  expect([at('127.0.0.1', 8787), at('localhost', 8787), at('::1', 8787)]).toEqual([true, true, true]);
  expect([at('127.0.0.1', 8788), at('192.168.0.2', 8787)]).toEqual([false, false]);
});

describe('refuseTools', () => {
  const shell = [{ name: 'exec_shell_command' }];
  const disabled = { error: { code: 403, message: 'This feature is disabled', type: 'feature_disabled' } };

  test('a server that lists tools is refused, in whatever wrapping', () => {
    for (const json of [shell, { tools: shell }, { data: shell }])
      expect(refuseTools({ status: 200, json })).toContain('--tools');
  });

  test('a server without them is shared: a plain llama-server answers 403 feature_disabled, older ones 404', () => {
    expect(refuseTools({ status: 403, json: disabled })).toBeNull();
    for (const status of [401, 403, 404, 405, 501]) expect(refuseTools({ status, json: undefined })).toBeNull();
    expect(refuseTools({ status: 200, json: [] })).toBeNull();
    expect(refuseTools({ status: 200, json: 'page' })).toBeNull();
  });

  test('a list of models, which some servers answer everything with, is no list of tools', () => {
    expect(refuseTools({ status: 200, json: { data: [{ id: 'm', object: 'model' }] } })).toBeNull();
    expect(refuseTools({ status: 200, json: { data: [{ id: 'm' }] } })).toBeNull();
    expect(refuseTools({ status: 200, json: [{ id: 'm', name: 'exec_shell_command' }] })).toContain('--tools');
  });

  test('a llama-server that does not tell is shared in the open: its owner is told', () => {
    for (const tools of [undefined, { status: 0, json: undefined }, { status: 500, json: undefined }]) {
      expect(refuseTools(tools)).toBeNull();
      expect(doubtTools('llama-server', tools)).toContain('--tools');
      expect(doubtTools('unknown', tools)).toBeNull();
    }
    expect(doubtTools('llama-server', { status: 200, json: 'page' })).toContain('answered 200');
    for (const tools of [
      { status: 403, json: disabled },
      { status: 404, json: undefined },
      { status: 200, json: [] },
    ])
      expect(doubtTools('llama-server', tools)).toBeNull();
  });
});
