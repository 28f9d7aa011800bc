// Words of the operator's pages of the catalogue.
import type { Dictionaries } from '../../look/words.ts';

const EN = {
  title: 'Catalogue',
  told: 'Models that anybody may call by name. Prices are micro-credits for a million tokens: 1,000,000 is one credit.',
  none: 'The catalogue is empty: add the first model, with the digest of the weights that count as it.',
  add: 'Add a model',
  change: (id: string) => `Change ${id}`,
  model: 'Model',
  priceIn: 'Price in',
  priceOut: 'Price out',
  leastIn: 'Least in',
  leastOut: 'Least out',
  digests: 'Digests',
  context: 'Context',
  online: 'Homes online',
  asks: 'cheapest now',
  credits: (million: string) => `${million} credits for a million`,
  id: 'Id',
  idHelp: 'Letters, digits or . / : _ - ; as callers write it. It cannot be changed afterwards.',
  description: 'Description',
  digestsHelp: 'SHA-256 of the weights, 64 hex digits each; several in one line with spaces between.',
  priceHelp: 'Micro-credits for a million tokens: what it costs at most.',
  leastHelp: 'What a home may sell it for at least. Left empty, none sells it for less than the price.',
  contextTokens: 'Context, tokens',
  outputTokens: 'Longest answer, tokens',
  tokenizer: 'Tokenizer',
  tokenizerHelp: 'One that the router carries, such as nano; empty where it has none for this model.',
  minBytes: 'Least bytes a token',
  minBytesHelp: 'No answer can be counted with more tokens than its bytes divided by this.',
  firstToken: 'Wait for the first token, ms',
  keep: 'Keep it',
  addGo: 'Add it',
  addedHow: 'Homes that have weights of these digests serve it as soon as their hubs have looked again.',
  remove: 'Take it off the catalogue',
  removeTold:
    'Calls that name it are refused within a minute, and its homes serve it no more. Put it back by adding it anew.',
  removeGo: 'Take it off',
};

export const CATALOGUE_WORDS: Dictionaries<typeof EN> = {
  en: EN,
  ja: {
    title: 'カタログ',
    told: '誰でも名前で呼び出せるモデルです。価格は 100 万トークンあたりのマイクロクレジットで、1,000,000 が 1 クレジットです。',
    none: 'カタログは空です。重みのダイジェストとともに最初のモデルを追加してください。',
    add: 'モデルを追加',
    change: (id) => `${id} を変更`,
    model: 'モデル',
    priceIn: '入力価格',
    priceOut: '出力価格',
    leastIn: '入力の下限',
    leastOut: '出力の下限',
    digests: 'ダイジェスト',
    context: 'コンテキスト',
    online: '稼働中のホーム',
    asks: '現在の最安',
    credits: (million) => `100 万トークンで ${million} クレジット`,
    id: 'ID',
    idHelp: '英数字と . / : _ - が使えます。呼び出し側が書く名前で、後から変更できません。',
    description: '説明',
    digestsHelp: '重みの SHA-256（16 進 64 桁）。複数はスペースで区切ります。',
    priceHelp: '100 万トークンあたりのマイクロクレジット。価格の上限です。',
    leastHelp: 'ホームが売れる下限です。空欄なら価格より安く売られません。',
    contextTokens: 'コンテキスト（トークン）',
    outputTokens: '最長の回答（トークン）',
    tokenizer: 'トークナイザー',
    tokenizerHelp: 'ルーターが持つもの（nano など）。該当がなければ空欄にします。',
    minBytes: '1 トークンの最小バイト数',
    minBytesHelp: '回答のバイト数をこの値で割った数より多いトークンは数えられません。',
    firstToken: '最初のトークンを待つ時間（ms）',
    keep: '保存する',
    addGo: '追加する',
    addedHow: 'このダイジェストの重みを持つホームは、ハブが確認し次第提供を始めます。',
    remove: 'カタログから外す',
    removeTold:
      'このモデルを指定した呼び出しは 1 分以内に拒否され、ホームも提供を止めます。再び追加すれば元に戻せます。',
    removeGo: '外す',
  },
};

const DONE_EN = {
  kept: 'The catalogue is changed. Other edges know it within a minute.',
  removed: 'The model is off the catalogue.',
};

export const CATALOGUE_DONE: Dictionaries<typeof DONE_EN> = {
  en: DONE_EN,
  ja: {
    kept: 'カタログを変更しました。他のエッジには 1 分以内に伝わります。',
    removed: 'モデルをカタログから外しました。',
  },
};
