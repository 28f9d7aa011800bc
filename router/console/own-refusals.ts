// What our own schemas say of a field that a form of the console has, and what the console itself refuses, in Japanese: by the sentence that says it in
// English. And which refusals of a field say all there is to say, so that no English has to stand below them.
import { ROLES } from '../../schema/key-rights.ts';
import type { Role } from '../../schema/key-rights.ts';
import { POOL_WORDS } from '../auth/pool-body.ts';
import { CREDIT_WORDS } from './caller/credit-words.ts';
import { ODD_WORDS } from './operator/words-running.ts';
import { REFUSALS_JA } from './refusal-words.ts';
import type { FIELD_REFUSALS_JA } from './refusal-words.ts';

export const NO_PAGE = 'Its address may be mistyped, or what stood here is gone.';

/** What somebody is told whose role is too small. */
export const leftToOthers = (role: Role): string => `Your role in this account, ${role}, leaves this to others.`;

/** What pages refuse in sentences of their own. A test finds those that are not here. */
const PAGES_JA: Readonly<Record<string, string>> = {
  [NO_PAGE]: 'アドレスが間違っているか、ここにあったページがなくなっています。',
  [ODD_WORDS.en.noJob]: ODD_WORDS.ja.noJob,
  [CREDIT_WORDS.en.noBuying]: CREDIT_WORDS.ja.noBuying,
  ...Object.fromEntries(ROLES.map((role) => [leftToOthers(role), REFUSALS_JA.forbidden])),
  'There is no such file, or this version of it is no more.': 'このファイルはないか、この版がなくなっています。',
  'The form is not as expected.': 'フォームの内容を読み取れません。ページを読み込み直してください。',
  'The form is larger than 128 KiB.': 'フォームの内容が128 KiBを超えています。',
  'The form did not come in time. Send it anew.': 'フォームの送信に時間がかかりすぎました。もう一度送信してください。',
  'Send the form as application/x-www-form-urlencoded.':
    'フォームは application/x-www-form-urlencoded で送信してください。',
  'You are signed out: load the page again, and sign in.':
    'サインアウトしています。ページを読み込み直して、サインインしてください。',
  'You are a member of no account: ask for an invitation.':
    'どのアカウントのメンバーでもありません。招待を依頼してください。',
  'You are no member of this account any more.': 'このアカウントのメンバーではなくなっています。',
  'This network sends no mail.': 'このネットワークはメールを送りません。',
  'There are no passkeys here.': 'ここではパスキーを使えません。',
  'This network makes no accounts by itself.':
    'このネットワークでは、自分でアカウントを作れません。運営者にお問い合わせください。',
  'The account could not be made. Try again.': 'アカウントを作成できませんでした。もう一度お試しください。',
  'This mail address is somebody else’s here already.': 'このメールアドレスは、すでに別の人が使っています。',
  'This invitation is not good any more.': 'この招待はもう使えません。',
  'This invitation was taken by somebody else. Ask for another one.':
    'この招待は別の人に使われました。新しい招待を依頼してください。',
  'There is no such account.': 'そのアカウントはありません。',
  'There is no such home.': 'その家はありません。',
  'There is no such key.': 'そのキーはありません。',
  'There is no such machine in this account.': 'そのマシンは、このアカウントにはありません。',
  'There is no such message.': 'そのメッセージはありません。',
  'There is no such model on the catalogue.': 'そのモデルはカタログにありません。',
  'There is no receipt for this job, or it is not yours.': 'このジョブの領収書がないか、あなたのものではありません。',
  'Stripe does not answer right now. Nothing was charged.': '決済サービスがいま応答しません。請求は行われていません。',
  'This is no model.': 'モデルとして正しくありません。',
  'This is no name.': 'この名前は使えません。',
};

/** A sentence that is not here is told in English below a more general one. A test holds these against what the schemas say. */
export const OWN_REFUSALS_JA: Readonly<Record<string, string>> = {
  ...PAGES_JA,
  'must be 64 lower-case hex digits': '小文字の16進64桁で入力してください。',
  'is not a tokenizer that the router carries; leave it out':
    'ルーターにないトークナイザーです。空欄にするか、選択肢から選んでください。',
  'must not be above the price; leave it out and no home sells the model for less':
    '価格より高くはできません。空欄にすると、これより安く提供する家はなくなります。',
  'must not hold control characters or marks that turn its direction':
    '制御文字や、文字の向きを変える記号は使えません。',
  'must be an address such as ada@example.org': 'ada@example.org のようなメールアドレスを入力してください。',
  'must be 1 to 64 letters, digits 0 to 9, spaces or . _ -':
    '文字、数字、空白、. _ - で、1〜64文字にしてください。先頭は文字か数字です。',
  'must hold plain letters of one script (Latin may stand beside Chinese, Japanese or Korean), since callers read and type it':
    '呼び出し元が読んで入力するため、飾りのない一種類の文字で書いてください（日本語・中国語・韓国語にはラテン文字を混ぜられます）。',
  [`must not be one of ${POOL_WORDS.join(', ')}, nor look like one, and not begin with 'pool_': these mean something else in a request`]: `${POOL_WORDS.join('、')}と、それに似た名前、pool_ で始まる名前は、リクエストでは別の意味になるため使えません。`,
  'must be 1 to 100 letters, digits or . : _ -': '英数字と . : _ - で、1〜100文字にしてください。',
  'must be an account’s id: acct_ and 32 hex digits': 'アカウントID（acct_ と16進32桁）を入力してください。',
  "must be an account's id: acct_ and 32 hex digits": 'アカウントID（acct_ と16進32桁）を入力してください。',
  'This is no JSON.': 'JSONとして正しくありません。',
};

/** The others leave something to the API's own sentence, such as which of two reasons it was. */
export const WHOLE_REFUSALS_JA: ReadonlySet<string> = new Set<keyof typeof FIELD_REFUSALS_JA>([
  'invalid_value:url',
  'invalid_value:account',
  'invalid_value:amount',
  'invalid_value:days',
  'invalid_value:digests',
  'invalid_value:id',
  'invalid_value:low',
  'forbidden:csrf',
  'forbidden:x-irori-csrf',
  'forbidden:origin',
  'forbidden:models',
  'not_found:account',
  'not_found:account_id',
  'not_found:code',
  'not_found:pool',
  'not_found:node',
  'not_found:email',
  'conflict:role',
]);
