import { describe, expect, test } from 'vitest';
import { endSentence, tellNetworkFault } from './tell-network-fault.ts';

const HTTPS = 'https://irori.example/node/enrol';
const WSS = 'wss://irori.example:8443/node/link';
const HTTP = 'http://127.0.0.1:8787/node/enrol';

function tell(code: string, message: string, url = HTTPS, proxy: string | null = null): string {
  return tellNetworkFault({ code, message }, url, proxy);
}

describe('what Node, OpenSSL and the system say is told in one plain sentence with what to do', () => {
  const raw =
    'write EPROTO 401D0D28FF7E0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/openssl/ssl/record/methods/tlsany_meth.c:77:\n';

  test.each([
    [
      'EPROTO',
      raw,
      'https://127.0.0.1:8787/x',
      'speaks plain http, not https: start with --router http://127.0.0.1:8787',
    ],
    ['EPROTO', raw, 'wss://127.0.0.1:8787/x', 'start with --router http://127.0.0.1:8787'],
    ['ECONNRESET', 'socket hang up', HTTP, 'if it speaks https, start with --router https://127.0.0.1:8787'],
    ['HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/', HTTP, 'start with --router https://127.0.0.1:8787'],
    ['ECONNRESET', 'socket hang up', HTTPS, 'irori.example broke the connection off'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND irori.example', HTTPS, 'no address is known for irori.example'],
    ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN irori.example', HTTPS, 'cannot be looked up now'],
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:8787', HTTP, 'nothing listens at 127.0.0.1:8787'],
    ['ETIMEDOUT', 'connect ETIMEDOUT 1.2.3.4:443', HTTPS, 'does not answer'],
    ['ENETUNREACH', 'connect ENETUNREACH 2001:db8::1:443', HTTPS, 'no network that leads to irori.example'],
    ['ABORT_ERR', 'The operation was aborted', HTTPS, 'does not answer'],
    ['', 'Opening handshake has timed out', WSS, 'irori.example:8443 does not answer'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', HTTPS, 'certificate of irori.example has expired'],
    ['CERT_NOT_YET_VALID', 'certificate is not yet valid', HTTPS, "look at this machine's clock"],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', HTTPS, 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", HTTPS, 'another name'],
    ['EPROTO', 'write EPROTO 80:error:0A000410:SSL routines:ssl3_read_bytes:handshake failure', HTTPS, 'do not agree'],
    ['EMFILE', 'too many open files', HTTPS, 'too many files'],
    ['', '', HTTPS, 'the connection failed'],
    [
      'IRORI_REFUSED',
      "the router's name resolves to 8.8.8.8, which is not in your network",
      HTTP,
      'resolves to 8.8.8.8',
    ],
  ])('%s %j', (code, message, url, words) => {
    const told = tell(code, message, url);
    expect(told).toContain(words);
    expect(told).not.toMatch(/SSL routines|tlsany|\n|^[A-Z_]+$/);
    expect(told.length).toBeLessThan(260);
  });

  test('a proxy that refuses is named as the cause, without the name and password that its address may hold', () => {
    const proxy = 'http://mika:secret@10.0.0.1:3128';
    const refused = tell('ERR_PROXY_TUNNEL', `Failed to establish tunnel via ${proxy}: HTTP/1.1 407`, HTTPS, proxy);
    expect(refused).toContain('the proxy at 10.0.0.1:3128');
    expect(refused).toContain('HTTPS_PROXY');
    expect(refused).not.toContain('secret');
    expect(tell('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.1:3128', HTTPS, proxy)).toContain('the proxy at');
    expect(tell('ECONNREFUSED', 'connect ECONNREFUSED 9.9.9.9:443', HTTPS, proxy)).toContain('nothing listens');
    expect(tell('ECONNREFUSED', 'connect ECONNREFUSED 9.9.9.9:443', HTTPS, 'no url')).toContain('nothing listens');
  });

  test('what has a mark at its end gets no second one', () => {
    expect(endSentence('is it on?')).toBe('is it on?');
    expect(endSentence('it is off')).toBe('it is off.');
  });
});
