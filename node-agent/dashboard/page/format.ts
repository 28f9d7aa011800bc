// Numbers, money and times as the reader's language writes them: 24 hours, local time.

const MICRO = 1e6;

export interface Format {
  readonly language: Language;
  /** Credits of so many units, without the word. */
  credits(micro: number): string;
  number(value: number): string;
  /** With one digit behind the point below 100. */
  short(value: number): string;
  money(value: number, currency: string): string;
  /** 14:05, with the day where it is not today. */
  time(iso: string): string;
  clock(iso: string): string;
  /** Of a day as the network counts days, in UTC: it is no moment. */
  day(iso: string): string;
  moment(iso: string): string;
  share(value: number): string;
  bytes(value: number): string;
  energy(wh: number): string;
  watts(value: number): string;
  degrees(value: number): string;
  duration(ms: number): string;
}

export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Day before month, 24 hours: what most of the world reads without a second look. */
const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', ja: 'ja-JP' };
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

export function makeFormat(language: Language): Format {
  const locale = LOCALES[language];
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const hundredths = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
  const tiny = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const moment = new Intl.DateTimeFormat(locale, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const isToday = (at: Date): boolean => at.toDateString() === new Date().toDateString();
  const short = (value: number): string => (Math.abs(value) < 100 ? tenths : number).format(value);
  return {
    language,
    credits: (micro) => (Math.abs(micro) >= MICRO || micro === 0 ? hundredths : small).format(micro / MICRO),
    number: (value) => number.format(value),
    short,
    money: (value, currency) => new Intl.NumberFormat(locale, { style: 'currency', currency }).format(value),
    time: (iso) => (isToday(new Date(iso)) ? clock : moment).format(new Date(iso)),
    clock: (iso) => clock.format(new Date(iso)),
    day: (iso) => day.format(new Date(iso)),
    moment: (iso) => moment.format(new Date(iso)),
    share: (value) => percent.format(value),
    bytes: (value) => formatBytes(value, short),
    energy: (wh) =>
      wh >= 1000
        ? `${hundredths.format(wh / 1000)} kWh`
        : `${(wh > 0 && wh < 1 ? tiny : { format: short }).format(wh)} Wh`,
    watts: (value) => `${number.format(value)} W`,
    degrees: (value) => `${number.format(value)} °C`,
    duration: (ms) => formatDuration(ms, language),
  };
}

function formatBytes(value: number, short: (value: number) => string): string {
  let unit = 0;
  let left = value;
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${short(left)} ${UNITS[unit] ?? ''}`;
}

/** To the minute; below one to the second. */
function formatDuration(ms: number, language: Language): string {
  const words =
    language === 'ja' ? { h: '時間', m: '分', s: '秒', gap: '' } : { h: ' h', m: ' min', s: ' s', gap: ' ' };
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))}${words.s}`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return `${rest}${words.m}`;
  return rest === 0 ? `${hours}${words.h}` : `${hours}${words.h}${words.gap}${rest}${words.m}`;
}
