// The day of a home as it is written down: what happens when, and what should come of it.
import * as z from 'zod';
import { pauseReasonSchema } from '../../../schema/frames-to-hub.ts';

const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day like 18:30');

/** What the home should say of itself afterwards, and the router of it. */
const expectSchema = z.union([
  z.strictObject({ off: pauseReasonSchema }),
  z.strictObject({ eco: pauseReasonSchema }),
  /** It works, as fully as it can. */
  z.strictObject({ full: z.literal(true) }),
  /** It is cut off, or stands still: its streams go on elsewhere. */
  z.strictObject({ away: z.literal(true) }),
]);
export type Expected = z.output<typeof expectSchema>;

const eventSchema = z.strictObject({
  /** Local time of day; of the next day where it is earlier than the event before. */
  at: clock,
  tells: z.string().min(1).max(100),
  /** Signals, as `--signals` takes them; they stay until they are set anew. */
  set: z.record(z.string(), z.unknown()).optional(),
  do: z.enum(['pause', 'pause-after-job', 'resume', 'cut', 'mend', 'suspend', 'wake']).optional(),
  expect: expectSchema,
});
export type DayEvent = z.output<typeof eventSchema>;

export const dayScriptSchema = z.strictObject({
  name: z.string().min(1).max(40),
  tells: z.string().max(300),
  /** The local day that it plays on. */
  day: z.iso.date(),
  /** Minutes that go by in a second. */
  minutesPerS: z.number().positive().max(600),
  /** What the owner changed of the rules. */
  rules: z.record(z.string(), z.unknown()).default({}),
  /** Callers that stream all the time. */
  callers: z.number().int().min(1).max(16).default(3),
  events: z.array(eventSchema).min(1).max(200),
});
export type DayScript = z.output<typeof dayScriptSchema>;

/** The moment of each event, ms since epoch, in the local time of this machine. */
export function timesOf({ day, events }: DayScript): number[] {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  let days = 0;
  let last = '00:00';
  return events.map(({ at }) => {
    if (at < last) days += 1;
    last = at;
    const [hours = 0, minutes = 0] = at.split(':').map(Number);
    return new Date(year, month - 1, date + days, hours, minutes).getTime();
  });
}
