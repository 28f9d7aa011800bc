// Words of /docs around its tables. What is told of an endpoint, a header, a code or a client stands in the table of these, in both languages. `…Html` is HTML.
import type { Dictionaries } from '../look/words.ts';

const EN = {
  documentTitle: 'Irori: the API',
  title: 'The API',
  lead: 'Inference on GPUs in people’s homes, behind the APIs that your clients speak.',
  sections: 'Sections',
  look: 'How pages look',
  start: 'Start',
  endpoints: 'Endpoints',
  recipes: 'Recipes',
  headers: 'Headers',
  errors: 'Errors',
  energy: 'Energy',
  change: 'Change the base URL and the key, and nothing else:',
  openai: 'OpenAI’s clients',
  anthropic: 'Anthropic’s clients',
  namesHtml:
    'In what follows <code>MODEL</code> is a name of <code>GET /v1/models</code>, and <code>KEY</code> your key, which <a href="/console/keys">the console</a> makes.',
  examplesOf: (title: string) => `Examples of ${title}`,
  exampleOf: (title: string, example: string) => `${title}, ${example}`,
  youSend: 'You send',
  youRead: 'You read',
  refusalHtml:
    'A refusal is <code>{"error": {message, type, param, code}}</code>, in Messages Anthropic’s form. Where nobody could answer now, <code>error.availability</code> says in words for programs whether asking again helps (<code>retryable</code>, <code>retry_after</code>), which field left nobody (<code>excluded_by</code>), what stood in the way (<code>constraint</code>), and where on this page more is told (<code>docs_url</code>). In a stream the same stands in its error event.',
};

export const PAGE_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    documentTitle: 'Irori: API',
    title: 'API',
    lead: '家庭にあるGPUでの推論を、お使いのクライアントが対応するAPIのまま使えます。',
    sections: '目次',
    look: 'ページのデザイン',
    start: 'はじめに',
    endpoints: 'エンドポイント',
    recipes: 'クライアントの設定',
    headers: 'ヘッダー',
    errors: 'エラー',
    energy: '電力量',
    change: '変えるのはベースURLとキーだけです：',
    openai: 'OpenAIのクライアント',
    anthropic: 'Anthropicのクライアント',
    namesHtml:
      '以下、<code>MODEL</code> は <code>GET /v1/models</code> にあるモデルの名前、<code>KEY</code> は自分のキーです。キーは<a href="/console/keys">コンソール</a>で作れます。',
    examplesOf: (title) => `${title}の例`,
    exampleOf: (title, example) => `${title}：${example}`,
    youSend: '送るもの',
    youRead: '受け取るもの',
    refusalHtml:
      '拒否は <code>{"error": {message, type, param, code}}</code> の形で返ります（MessagesではAnthropicの形式）。いま答えられる家がないときは、<code>error.availability</code> がプログラム向けに、もう一度試す意味があるか（<code>retryable</code>、<code>retry_after</code>）、どの項目のために候補の家がなくなったか（<code>excluded_by</code>）、何が妨げたか（<code>constraint</code>）、このページのどこに詳しい説明があるか（<code>docs_url</code>）を示します。ストリームでは、同じものがエラーのイベントに入ります。',
  },
};
