import { expect, test } from 'vitest';
import { makePage } from './page-maker.ts';
import { unpackPage } from './unpacked-page.ts';

test('the page that the agent has is the one that its sources make; else run: npm run build:page', async () => {
  const fresh = await makePage();
  const { page, gate } = unpackPage();
  expect([page.policy, gate.policy]).toEqual([fresh.page.policy, fresh.gate.policy]);
  expect(page.html === fresh.page.html && gate.html === fresh.gate.html).toBe(true);
});

test('each is one document that names nothing elsewhere, and is small', () => {
  for (const { html, policy } of Object.values(unpackPage())) {
    expect(html.length).toBeLessThan(120_000);
    expect(html).not.toMatch(/<(?:link rel="stylesheet|img|iframe|form|object)\b|\ssrc=|@import|[:\s,]url\(/i);
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; connect-src 'self'; /,
    );
    expect(policy).toContain("frame-ancestors 'none'");
  }
});
