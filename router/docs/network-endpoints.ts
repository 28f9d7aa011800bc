// The endpoints that tell anyone of the network: how it does, and whether its books balance.
import type { Endpoint } from './endpoint.ts';

const having = (...required: string[]): object => ({ type: 'object', required });

export const NETWORK: readonly Endpoint[] = [
  {
    method: 'get',
    path: '/v1/stats',
    title: { en: 'Stats', ja: '統計' },
    told: { en: 'How the network did lately.', ja: 'ネットワークの最近の実績です。' },
    body: null,
    examples: {},
    query: { window: { en: '5m, 1h or 24h', ja: '5m、1h、24hのいずれか' } },
    isStreamed: false,
    answer: having('object'),
  },
  {
    method: 'get',
    path: '/v1/network',
    title: { en: 'The network now', ja: 'ネットワークの現在' },
    told: {
      en: 'Homes online by country, rounded down, and from three homes on; and the catalogue’s models with price, speed (tokens a second of the middle one of their homes) and homes online, rounded in the same way: `nodes_online` is null for one or two, and 0 for none. The same for all, 10 seconds old at most.',
      ja: 'オンラインの家の数を国ごとに（端数は切り捨て、3軒以上の国だけ）、カタログのモデルを料金、速度（家の中央値、トークン/秒）、オンラインの家の数と合わせて返します。家の数の丸め方は国と同じで、`nodes_online` は1〜2軒ならnull、1軒もなければ0です。誰にでも同じ内容が返り、古くても10秒前のものです。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('homes_online', 'countries', 'elsewhere', 'models'),
  },
  {
    method: 'get',
    path: '/audit/epochs',
    title: { en: 'Epochs', ja: 'エポック' },
    told: {
      en: 'What homes had earned in all at the end of each epoch: roots, hashes of the files, counts and totals, the newest first. Amounts are decimal texts in micro-credits. `chain` says how far the root is on the chain, where there is one.',
      ja: '各エポックの終わりまでに家が得た収益の累計です。ルート、ファイルのハッシュ、件数、合計を新しい順に返します。金額はマイクロクレジットの10進数の文字列です。チェーンがあれば、`chain` はルートがチェーン上でどこまで進んだかを示します。',
    },
    body: null,
    examples: {},
    query: { before: { en: 'an epoch: those before it', ja: 'エポック。それより前のものを返します' } },
    isStreamed: false,
    isOpen: true,
    answer: having('data', 'epoch_seconds', 'next'),
  },
  {
    method: 'get',
    path: '/audit/epochs/{epoch}',
    title: { en: 'One epoch', ja: 'エポック1件' },
    told: {
      en: 'The file of an epoch, a leaf for each home, as it was published before anything of it is signed. It never changes: its SHA-256 is the `etag`.',
      ja: 'エポックのファイルです。家ごとに葉が1つあり、署名より前に公開されたままの内容です。変わることはなく、そのSHA-256が `etag` です。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('version', 'epoch', 'root', 'totals', 'kept', 'leaves'),
  },
  {
    method: 'get',
    path: '/audit/epochs/{epoch}/chain',
    title: { en: 'One epoch on the chain', ja: 'エポックのチェーン上の状態' },
    told: {
      en: 'How far the root of an epoch is: published, signed, sent, final, void, overtaken by a later one, passed over (another file holds all of it), or not signed since a home could not be asked. Null where there is no chain.',
      ja: 'エポックのルートがどこまで進んだかです。公開済み、署名済み、送信済み、確定、無効、後のエポックに追い越し、省略（別のファイルがすべてを含む）、未署名（問い合わせできない家があったため）のいずれかです。チェーンがなければnullです。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('object', 'epoch', 'chain'),
  },
  {
    method: 'get',
    path: '/audit',
    title: { en: 'Audit', ja: '監査' },
    told: {
      en: 'Whether the books balance, and what they come to: figures of the last seconds, with the time they were read at. They name nobody. A browser gets a page.',
      ja: '帳簿が一致しているかどうかと、その合計です。数秒以内の値で、読み取った時刻が付きます。誰の名前も含みません。ブラウザーにはページを返します。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('ok', 'at', 'invariants', 'totals'),
  },
  {
    method: 'get',
    path: '/health',
    title: { en: 'Health', ja: '稼働状態' },
    told: {
      en: 'Whether this router works, and which version of the protocol of homes it speaks.',
      ja: 'このルーターが動いているかどうかと、対応する家のプロトコルのバージョンです。',
    },
    body: null,
    examples: {},
    isStreamed: false,
    isOpen: true,
    answer: having('status'),
  },
];
