// What the gate says.

export const GATE_WORDS = {
  en: {
    title: 'This page is yours alone',
    why: 'Open it from a terminal on the machine that it is about:',
    old: 'That address was used before, or waited for more than a minute. Get a new one in a terminal on this machine:',
    note: 'The address works once. This browser is then remembered for 30 days.',
  },
  ja: {
    title: 'このページは所有者専用です',
    why: 'このマシンのターミナルで次のコマンドを実行して開いてください。',
    old: 'このアドレスは使用済みか、1分の有効期限が切れています。このマシンのターミナルで新しいアドレスを発行してください。',
    note: 'アドレスは1回だけ有効です。一度開くと、このブラウザは30日間記憶されます。',
  },
} as const;
