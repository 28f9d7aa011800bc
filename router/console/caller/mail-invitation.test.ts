import type { Context } from 'hono';
import { expect, test } from 'vitest';
import type { SignInMail } from '../../services/mail.ts';
import type { ConsoleEnv } from '../visit.ts';
import { mailInvitation } from './mail-invitation.ts';

/** How often which door is passed: seconds to wait, null for none, or a store that is away. */
async function invite(take: (door: string) => Promise<number | null>): Promise<readonly [boolean, string[]]> {
  const sent: string[] = [];
  const services = {
    families: { tag: () => 'family' },
    doorCounts: { take: ({ door }: { door: string }) => take(door) },
    ownOrigins: () => ['https://irori.example'],
    sendSignInLink: ({ url }: SignInMail) => Promise.resolve(sent.push(url) > 0),
  };
  const values: Record<string, unknown> = { services, visit: { locale: 'en' } };
  const req = { url: 'https://irori.example/console/members', header: () => undefined };
  const c = { req, get: (key: string) => values[key] } as unknown as Context<ConsoleEnv>;
  const said = { to: 'emi@irori.example', code: 'CODE', expiresAt: 1, account: 'lab' };
  return [await mailInvitation(c, said), sent];
}

test('an invitation is mailed where there is room for it', async () => {
  expect(await invite(() => Promise.resolve(null))).toEqual([true, ['https://irori.example/sign-in/CODE']]);
});

test.each(['sign-in', 'sign-in-mail'])(
  'too many at the door %s: it is handed over by hand, and nothing is refused',
  async (shut) => {
    expect(await invite((door) => Promise.resolve(door === shut ? 60 : null))).toEqual([false, []]);
  },
);

test('a store that is away: it is handed over by hand', async () => {
  expect(await invite(() => Promise.reject(new Error('D1_ERROR: network connection lost')))).toEqual([false, []]);
});
