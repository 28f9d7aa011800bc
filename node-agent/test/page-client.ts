// Somebody who has the owner's page open, without a browser: is let in by the address that `irori-node open` gives, and asks what the page asks.
const LOOK_MS = 2_000;
const SLOW_MS = 30_000;

/** Lets itself in and gives what asks for a path as the page does. Throws where it is not let in. */
export async function enterPage(url: string): Promise<(path: string) => Promise<string>> {
  const { origin, hash } = new URL(url);
  const token = hash.replace('#open=', '');
  const headers = { origin, 'content-type': 'application/json' };
  const session = await fetch(`${origin}/api/session`, { method: 'POST', headers, body: JSON.stringify({ token }) });
  if (!session.ok) throw new Error(`the page lets nobody in: ${session.status}`);
  const cookie = session.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0])
    .join('; ');
  const { key } = (await session.json()) as { key: string };
  return (path) =>
    fetch(`${origin}${path}`, { headers: { cookie, 'x-irori-page-key': key } }).then(
      (answer) => answer.text(),
      () => '',
    );
}

/** Asks as often as the page does until it is closed. Throws where it is not let in. */
export async function openPageClient(url: string): Promise<() => Promise<void>> {
  const ask = await enterPage(url);
  await ask('/');
  const timers = [setInterval(() => void ask('/api/view'), LOOK_MS), setInterval(() => void ask('/api/why'), SLOW_MS)];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await ask('/api/view');
  };
}
