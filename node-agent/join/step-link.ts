// Linking this machine to an account: a short code that the owner approves on the router's page, with a key to get a new one, to type an enrolment code, or
// to make an account. What was begun before is gone on with.
import { foldEnrolmentCode } from '../../schema/enrolment-code.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { fitEnd } from '../fit-text.ts';
import { isLoopbackHost } from '../link/parse-router-url.ts';
import { decideLink, EXPIRED } from './decide-link.ts';
import type { PendingLink } from './join-file.ts';
import { LEAVE_KEY } from './join-terminal.ts';
import { drawQr } from './qr-code.ts';
import type { Grant, LinkMachine, Refused } from './router-questions.ts';
import { LEFT } from './wizard-doors.ts';
import type { Stop, WizardDoors } from './wizard-doors.ts';

/** What the owner chose while a code waits. */
type Turn =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'over'; readonly sentence: string }
  | { readonly kind: 'key'; readonly key: string };

const NEW_CODE = 'n';
const TYPE_CODE = 'c';
const ACCOUNT = 'a';
const CODE_SHAPE = 'enr_XXXX-XXXX-XXXX-XXXX-XXXX';
const KEYS: ReadonlySet<string> = new Set([NEW_CODE, TYPE_CODE, ACCOUNT, LEAVE_KEY]);
/** The line with the minutes is renewed this often. */
const TICK_MS = 1000;

/** An enrolment code that was not spent yet; it is on disk before this resolves. */
export async function linkMachine(
  doors: WizardDoors,
  origin: string,
  machine: LinkMachine,
): Promise<Result<string, Stop>> {
  const kept = doors.given.code ?? doors.file.progress.code;
  if (kept !== null) return ok(kept);
  for (let approvedCode: string | null = null; ;) {
    const link = await openLink(doors, origin, { machine, shownCode: approvedCode });
    if (!link.ok) {
      const typed = await afterNoLink(doors, link.error);
      if (!typed.ok || typed.value !== null) return typed.ok ? keepTyped(doors, typed.value ?? '') : typed;
      continue;
    }
    const turn = await waitForGrant(doors, link.value, approvedCode === link.value.userCode);
    if (turn.kind === 'granted') return keepGrant(doors, turn.grant);
    // What is over is not shown again, whenever the terminal is closed.
    if (turn.kind === 'over') await doors.file.note({ link: null });
    const next = turn.kind === 'over' ? await afterEnd(doors, turn.sentence) : turn.key;
    if (next === LEAVE_KEY) return err(LEFT);
    if (next === TYPE_CODE) {
      const typed = await typeCode(doors);
      return typed.ok ? keepTyped(doors, typed.value) : typed;
    }
    if (next !== ACCOUNT) await doors.file.note({ link: null });
    else if (await makeAccount(doors, origin, link.value)) approvedCode = link.value.userCode;
  }
}

/** The link that waits already, or a new one; shown unless it stands there. */
async function openLink(
  doors: WizardDoors,
  origin: string,
  { machine, shownCode }: { readonly machine: LinkMachine; readonly shownCode: string | null },
): Promise<Result<PendingLink, Refused>> {
  const waiting = doors.file.progress.link;
  const isFresh = waiting !== null && waiting.router === origin && waiting.expiresAt > doors.now();
  const link = isFresh ? ok(waiting) : await doors.router.startLink(origin, machine);
  if (!link.ok) return link;
  await doors.file.note({ link: link.value });
  if (link.value.userCode !== shownCode) await showLink(doors, link.value);
  return link;
}

async function showLink({ terminal }: WizardDoors, { userCode, uri, uriComplete }: PendingLink): Promise<void> {
  terminal.tell('info', `Link     ${userCode}  Enter this code at ${uri}\n         or open ${uriComplete}`);
  terminal.show(await drawQr(uriComplete));
  if (isLoopbackHost(new URL(uri).hostname))
    terminal.tell('plain', 'This address works in a browser on this machine only.');
}

/** `isApproved`: it need not wait before it asks. */
async function waitForGrant(doors: WizardDoors, link: PendingLink, isApproved: boolean): Promise<Turn> {
  const { terminal } = doors;
  const pressed = new AbortController();
  let key = '';
  const deafen = terminal.hearKeys((one) => {
    if (!KEYS.has(one) || pressed.signal.aborted) return;
    key = one;
    pressed.abort();
  });
  let intervalMs = link.intervalMs;
  let askAt = doors.now() + (isApproved ? 0 : intervalMs);
  try {
    for (;;) {
      const leftMs = link.expiresAt - doors.now();
      if (leftMs <= 0) {
        // Approved in the last seconds it has linked all the same.
        const last = await doors.router.askGrant(link);
        return last.ok ? { kind: 'granted', grant: last.value } : { kind: 'over', sentence: EXPIRED };
      }
      terminal.status(`Waiting · ${tellLeft(leftMs)} left · n new code · c type a code · a make an account`);
      await doors.wait(Math.min(TICK_MS, Math.max(1, askAt - doors.now())), pressed.signal);
      if (pressed.signal.aborted) return { kind: 'key', key };
      if (doors.now() < askAt) continue;
      const grant = await doors.router.askGrant(link);
      if (grant.ok) return { kind: 'granted', grant: grant.value };
      const step = decideLink(grant.error, intervalMs);
      if (step.kind === 'over') return step;
      if (grant.error.code === 'slow_down') intervalMs = step.waitMs;
      askAt = doors.now() + step.waitMs;
    }
  } finally {
    deafen();
    terminal.status(null);
  }
}

/** `9 min`, `45 s`. */
function tellLeft(ms: number): string {
  return ms >= 60_000 ? `${Math.ceil(ms / 60_000)} min` : `${Math.ceil(ms / 1000)} s`;
}

/** The key that the owner presses after a code came to nothing. */
async function afterEnd({ terminal }: WizardDoors, sentence: string): Promise<string> {
  terminal.tell('failed', sentence);
  const next = await terminal.choose('What now?', [
    { value: NEW_CODE, label: 'A new code' },
    { value: TYPE_CODE, label: 'I have an enrolment code' },
  ]);
  return next ?? LEAVE_KEY;
}

/** A router without links, or one that does not answer now: a code that was typed, or null to try again. */
async function afterNoLink(doors: WizardDoors, refused: Refused): Promise<Result<string | null, Stop>> {
  const { terminal } = doors;
  const isOld = refused.status === 404 || refused.status === 405;
  terminal.tell('limited', isOld ? 'This router links by enrolment codes only.' : refused.sentence);
  if (isOld) return typeCode(doors);
  const next = await afterEnd(doors, 'No link could be begun.');
  if (next === LEAVE_KEY) return err(LEFT);
  return next === TYPE_CODE ? typeCode(doors) : ok(null);
}

async function typeCode({ terminal }: WizardDoors): Promise<Result<string, Stop>> {
  const code = await terminal.ask('Enrolment code, from your account', CODE_SHAPE, (text) =>
    foldEnrolmentCode(text) === null ? `A code looks like ${CODE_SHAPE}; Ctrl-C leaves.` : null,
  );
  return code === null ? err(LEFT) : ok(foldEnrolmentCode(code) ?? code);
}

const CLOSED = 'This network opens no accounts by itself: ask whoever runs it for one.';

/** An account for the owner, who then has its key; the link that waits is approved with it. */
async function makeAccount(doors: WizardDoors, origin: string, link: PendingLink): Promise<boolean> {
  const { terminal, hostName } = doors;
  const made = await doors.router.signUp(origin, hostName);
  if (!made.ok) {
    const isClosed = made.error.status === 404 || made.error.status === 403;
    terminal.tell('failed', isClosed ? CLOSED : made.error.sentence);
    return false;
  }
  terminal.tell('done', `Account  ${made.value.account}`);
  terminal.tell('limited', 'Its key is shown once. Keep it where you keep passwords:');
  terminal.show([made.value.key]);
  const approved = await doors.router.approveLink(origin, link.userCode, made.value.key);
  if (!approved.ok) terminal.tell('failed', approved.error.sentence);
  return approved.ok;
}

async function keepGrant(doors: WizardDoors, { code, name }: Grant): Promise<Result<string, Stop>> {
  if (name != null && name !== '' && doors.given.name === null) await doors.changeConfig({ name: fitEnd(name, 80) });
  return keepCode(doors, code);
}

/** No page has asked what the machine is to be called. */
async function keepTyped(doors: WizardDoors, code: string): Promise<Result<string, Stop>> {
  await nameAfterHost(doors);
  return keepCode(doors, code);
}

/** What nobody named has the name that its system gives it. */
export async function nameAfterHost({ given, hostName, changeConfig }: WizardDoors): Promise<void> {
  if (given.name === null && hostName !== '') await changeConfig({ name: fitEnd(hostName, 80) });
}

async function keepCode(doors: WizardDoors, code: string): Promise<Result<string, Stop>> {
  await doors.file.note({ code, link: null });
  return ok(code);
}
