// Names that people read and type, such as a pool's: which letters may stand together, and which names look the same. Pure.
// After Unicode's UTS 39: the scripts of "highly restrictive", and a short table of look-alikes where letters of several scripts meet.

/** Letters that people of one language mix; every other script stands by itself. */
const MIXES = [
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc0-9 ._-]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Hangul}0-9 ._-]*$/u,
  /^[\p{Script=Latin}\p{Script=Han}\p{Script=Bopomofo}0-9 ._-]*$/u,
  /^[\p{Script=Cyrillic}0-9 ._-]*$/u,
  /^[\p{Script=Greek}0-9 ._-]*$/u,
  /^[\p{Script=Armenian}0-9 ._-]*$/u,
  /^[\p{Script=Georgian}0-9 ._-]*$/u,
  /^[\p{Script=Hebrew}0-9 ._-]*$/u,
  /^[\p{Script=Arabic}0-9 ._-]*$/u,
  /^[\p{Script=Devanagari}0-9 ._-]*$/u,
  /^[\p{Script=Bengali}0-9 ._-]*$/u,
  /^[\p{Script=Tamil}0-9 ._-]*$/u,
  /^[\p{Script=Thai}0-9 ._-]*$/u,
];

/** True where no two of its letters come from scripts that nobody mixes, and none is a letter in another's clothing (wide, bold, joined). */
export function isOfOneScript(name: string): boolean {
  return name.normalize('NFKC') === name && MIXES.some((mix) => mix.test(name));
}

/** Small letters that look like the one behind the colon. */
const LOOKALIKES =
  'a:аαɑа b:вβьƅ c:сϲ d:ԁđ e:еεєҽ f:ƒ g:ɡց h:һнհ k:кκ l:1iıіιӏł|íi j:јϳ m:м n:ηпոռ o:0оοօøσ p:рρ q:ԛզ r:гᴦ s:ѕꜱ t:тτ u:υսцʋ v:νѵ w:ԝωѡш x:хχ y:уγү z:ᴢ ' +
  '口:ロ 二:ニ 力:カ 一:ー 工:エ 夕:タ 八:ハ 卜:ト へ:ヘ り:リ';
const FOLDS: ReadonlyMap<string, string> = new Map(
  LOOKALIKES.split(' ').flatMap((line) => {
    const [to = '', like = ''] = line.split(':');
    return Array.from(like, (letter) => [letter, to] as const);
  }),
);

/** The same text for all names that a reader may take for one another. Only for comparing: nobody is shown it. */
export function foldName(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const folded = Array.from(plain, (letter) => FOLDS.get(letter) ?? letter).join('');
  return folded
    .replaceAll(/[ ._-]+/g, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** True for a text that is shown as it is written: without control characters, and without marks that turn the direction of what follows. */
export function isShownAsWritten(text: string): boolean {
  return !/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text);
}
