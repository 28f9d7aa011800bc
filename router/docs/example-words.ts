// What examples of bodies show. Their English names stand in the table of endpoints and in /openapi.json; a new one does not compile without its Japanese one.
import type { Locale } from '../look/words.ts';

const JA = {
  whole: '一括',
  streamed: 'ストリーム',
  tools: 'ツール',
  'near homes': '家についての希望',
  'with the prompt': '入力を含めて返す',
  'one text': 'テキスト1件',
  'several as base64': '複数件をbase64で',
  'a recording': '録音',
  'one picture': '画像1枚',
  'spend limits': '利用上限',
  'for an app': 'アプリ用',
  limited: '上限付き',
  'fewer models': 'モデルを限る',
  'a viewer': '閲覧者',
  role: '役割',
  'one home': '家1軒',
  'for your own calls': '自分の呼び出し用',
  name: '名前',
} as const;
export type ExampleName = keyof typeof JA;
export type Examples = Readonly<Partial<Record<ExampleName, object>>>;

/** Name and body of each, the name as a reader of the language reads it. */
export function listExamples(examples: Examples, locale: Locale): (readonly [name: string, body: object])[] {
  const names = Object.keys(examples) as ExampleName[];
  return names.flatMap((name) => {
    const body = examples[name];
    return body ? [[locale === 'ja' ? JA[name] : name, body] as const] : [];
  });
}
