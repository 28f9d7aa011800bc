// What stands on `/verify`, in both languages. The page is packed in English; whoever reads Japanese gets this in its place, with the same script and style.
import type { Locale } from '../look/words.ts';

interface VerifyText {
  readonly title: string;
  /** HTML between the head and the script. */
  readonly body: string;
}

export const VERIFY_TEXT: Readonly<Record<Locale, VerifyText>> = {
  en: {
    title: 'Irori: check a receipt',
    body: `<header><p><a href="/">Irori</a></p><h1>Check a receipt</h1><p>Receipts of <code>GET /v1/receipts/{jobId}</code> and evidence are checked here, in your browser. <strong>Nothing leaves this page</strong>: it makes no request at all, and works from a file when it is saved (Ctrl+S) and opened without a network. <code>irori-node verify</code> does the same.</p></header>
<main><label for="receipts">Receipts or evidence, as JSON</label><textarea id="receipts" spellcheck="false" autocomplete="off"></textarea>
<div id="drop"><label for="files">Or choose files, or drop them here</label><input id="files" type="file" multiple accept=".json,application/json"></div>
<details><summary>Is it about the answer that I have?</summary><label for="answer">A streamed answer to the letter, as <code>curl -N</code> writes it</label><textarea id="answer" spellcheck="false" autocomplete="off"></textarea></details>
<button id="check" type="button">Check</button>
<section id="result" role="status" aria-live="polite" aria-label="What was found"></section>
<noscript><p>The checks are a script of this page: without scripts use <code>irori-node verify</code>.</p></noscript></main>
<footer><p>A receipt holds when the ticket has the router’s signature, the receipt the home’s and the acceptance the router’s, when each names the one before, and when nothing was raised on the way. That the addresses are your router’s and your home’s only you can know: compare them.</p></footer>`,
  },
  ja: {
    title: 'Irori: 領収書の検証',
    body: `<header><p><a href="/">Irori</a></p><h1>領収書の検証</h1><p><code>GET /v1/receipts/{jobId}</code> の領収書と証拠を、このブラウザーの中で検証します。<strong>このページからは何も送られません</strong>。通信は一切なく、保存して（Ctrl+S）ネットワークなしで開いても使えます。<code>irori-node verify</code> でも同じ検証ができます。</p></header>
<main><label for="receipts">領収書または証拠（JSON）</label><textarea id="receipts" spellcheck="false" autocomplete="off"></textarea>
<div id="drop"><label for="files">またはファイルを選ぶか、ここにドロップ</label><input id="files" type="file" multiple accept=".json,application/json"></div>
<details><summary>手元の回答についての領収書ですか？</summary><label for="answer">ストリームで受け取った回答そのまま（<code>curl -N</code> の出力）</label><textarea id="answer" spellcheck="false" autocomplete="off"></textarea></details>
<button id="check" type="button">検証</button>
<section id="result" role="status" aria-live="polite" aria-label="検証の結果"></section>
<noscript><p>検証はこのページのスクリプトが行います。スクリプトなしでは <code>irori-node verify</code> を使ってください。</p></noscript></main>
<footer><p>チケットにルーターの、領収書に家の、承認書にルーターの署名があり、それぞれが前のものを指し、途中で何も増やされていなければ、領収書は有効です。アドレスが自分の使うルーターと家のものかどうかは、ご自身で見比べてください。</p></footer>`,
  },
};

/** The packed page in a language. */
export function tellVerifyPage(english: string, locale: Locale): string {
  if (locale === 'en') return english;
  const [from, to] = [VERIFY_TEXT.en, VERIFY_TEXT[locale]];
  return english
    .replace('<html lang="en">', () => `<html lang="${locale}">`)
    .replace(from.title, () => to.title)
    .replace(from.body, () => to.body);
}
