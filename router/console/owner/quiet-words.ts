// Words of a day's picture.
import type { Fill } from '../../look/hours-chart.tsx';
import type { Dictionaries } from '../../look/words.ts';

const EN: Record<Fill, string> = {
  work: 'worked',
  ready: 'ready, no call came',
  yours: 'paused for you',
  machine: 'paused for the machine’s sake',
  fault: 'something failed',
  none: 'not connected, or not known',
};
export const FILL_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    work: '稼働',
    ready: '待機（呼び出しなし）',
    yours: 'あなたのための一時停止',
    machine: 'マシン保護のための一時停止',
    fault: '不具合',
    none: '未接続・記録なし',
  },
};
