// What the doctor makes of each thing that it found out: a finding with its number and what to do. Pure.
import { STATE_WORDS, tellState } from '../../schema/state-words.ts';
import type { StateWord } from '../../schema/state-words.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { JournalEntry } from '../receipts/earned-journal.ts';
import { tellCount, tellSpan, tellWhen } from '../tell-time.ts';
import type { Finding } from './tell-doctor.ts';
import { formatCredits } from './tell-status.ts';

const DAY_MS = 86_400_000;
/** Less than a week, and who is away finds the home gone. */
const CERTIFICATE_SOON_MS = 7 * DAY_MS;
/** Jobs go by the router's time; what else the machine does may not. */
const CLOCK_NOTE_MS = 30_000;
const MB = 1_000_000;
const DISK_LEAST_BYTES = 16 * 1024 * 1024;
const DISK_NOTE_BYTES = 512 * 1024 * 1024;

export function good(step: string, told: string): Finding {
  return { step, outcome: 'good', told, remedy: null };
}

export function bad(step: string, told: string, remedy: string | null): Finding {
  return { step, outcome: 'bad', told, remedy };
}

export function note(step: string, told: string, remedy: string | null = null): Finding {
  return { step, outcome: 'note', told, remedy };
}

export function skipped(step: string, told: string): Finding {
  return { step, outcome: 'skipped', told, remedy: null };
}

/** `endsAt`: when the router's certificate ends, ms since epoch; null where that was not told. */
export function judgeCertificate(protocol: string, endsAt: number | null, now: number): Finding {
  if (endsAt === null) return good('TLS', protocol);
  const leftMs = endsAt - now;
  const told = `${protocol}, certificate good for ${tellSpan(Math.max(0, leftMs))}`;
  return leftMs < CERTIFICATE_SOON_MS
    ? note('TLS', told, 'Tell whoever runs the router: its certificate ends soon.')
    : good('TLS', told);
}

/** `aheadMs`: how far this machine's clock is ahead of the router's. */
export function judgeClock(aheadMs: number | null): Finding {
  if (aheadMs === null) return skipped('clock', 'the router did not tell its time');
  const off = Math.abs(aheadMs);
  const told =
    off < 2000 ? 'agrees with the router’s' : `${tellSpan(off)} ${aheadMs > 0 ? 'ahead of' : 'behind'} the router’s`;
  return off < CLOCK_NOTE_MS
    ? good('clock', told)
    : note(
        'clock',
        told,
        'Let the system set its clock by the network. Jobs go by the router’s time, and none is refused.',
      );
}

/** Of the disk that the state folder is on; null where the system does not tell. */
export function judgeDisk(freeBytes: number | null): Finding {
  if (freeBytes === null) return note('disk', 'free space is not known');
  const told =
    freeBytes > 10_000 * MB ? `${Math.round(freeBytes / 1e9)} GB free` : `${Math.round(freeBytes / MB)} MB free`;
  const remedy = 'Free some space on the disk of the state folder: without room for receipts the home takes no jobs.';
  if (freeBytes < DISK_LEAST_BYTES) return bad('disk', told, remedy);
  return freeBytes < DISK_NOTE_BYTES ? note('disk', told, remedy) : good('disk', told);
}

/** The running agent, its link and its pause. */
export function judgeAgent(status: AgentStatus | null, run: 'running' | 'silent' | 'stopped', now: number): Finding[] {
  if (status === null || run === 'stopped') {
    const seen =
      status === null
        ? 'none has run with this state folder'
        : `not running; last seen ${tellWhen(status.writtenAt, now)}`;
    return [
      bad('agent', seen, 'Start it with irori-node up, or irori-node service install.'),
      skipped('link', 'no agent runs'),
    ];
  }
  if (run === 'silent')
    return [
      bad(
        'agent',
        `process ${status.pid} runs but does not answer; last seen ${tellWhen(status.writtenAt, now)}`,
        'It is stopped or busy: let it go on, or end it and start irori-node up.',
      ),
      skipped('link', 'the agent does not answer'),
    ];
  const agent = good(
    'agent',
    `process ${status.pid}, version ${status.version}, since ${tellWhen(status.startedAt, now)}`,
  );
  return [agent, judgeLink(status), ...judgePause(status, now), judgeModels(status)];
}

function judgeLink({ state, problem, hub, area }: AgentStatus): Finding {
  if (state === 'connected') return good('link', `connected to hub ${hub ?? '?'}${area === null ? '' : ` (${area})`}`);
  const told = `not connected: ${problem ?? state}`;
  return bad('link', told, 'It tries again by itself. What is in the way stands above, or in irori-node logs.');
}

function judgePause({ paused, pausedUntilAt }: AgentStatus, now: number): Finding[] {
  if (paused === null) return [good('pause', 'none')];
  const until = pausedUntilAt === null ? '' : ` Until ${tellWhen(pausedUntilAt, now)}.`;
  const action = Object.hasOwn(STATE_WORDS, paused) ? STATE_WORDS[paused as StateWord].action : null;
  return [bad('pause', `${tellState(paused)}${until}`, action)];
}

function judgeModels({ models, slots, running, serverNotes }: AgentStatus): Finding {
  if (models.length === 0)
    return bad('models', 'none on offer', serverNotes[0] ?? 'Start the model server, or name one with --backend.');
  return good(
    'models',
    `${models.slice(0, 6).join(', ')}${models.length > 6 ? ` and ${models.length - 6} more` : ''}; ${running} of ${slots} slots busy`,
  );
}

/** Receipts that wait for an answer. */
export function judgeOutbox({ outbox, outboxMicro, paused }: AgentStatus): Finding {
  if (outbox === 0) return good('outbox', 'no receipt waits for an answer');
  const told = `${tellCount(outbox)} receipts wait for an answer, over ${formatCredits(outboxMicro)} credits`;
  return paused === 'outbox'
    ? bad('outbox', told, 'Nothing to do while the router is away: they are offered again by themselves.')
    : note('outbox', told, 'They are offered again by themselves.');
}

/** The newest answer of the router to a receipt; null where none is kept. */
export function judgeLastReceipt(entry: JournalEntry | null, now: number): Finding {
  if (entry === null) return note('receipt', 'none was answered in the last days', 'irori-node test makes one.');
  const when = `${tellSpan(Math.max(0, now - entry.at))} ago`;
  if (entry.accepted === null)
    return bad(
      'receipt',
      `the last one was refused ${when}: ${entry.reason ?? 'no reason was told'}`,
      'See irori-node earnings.',
    );
  return good('receipt', `the last one was accepted ${when}`);
}
