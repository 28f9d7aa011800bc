// GET /link: the small page on which an owner says whether a machine is one of the account's. One document: nothing of it comes from elsewhere, its one script
// asks this router alone, and the API key that is typed in stands in no address and is kept nowhere.
import { sha256 } from '../auth/digest.ts';
import { encodeBase64 } from '../../schema/base64.ts';
import { LINK_WORDS } from './link-words.ts';
import type { LinkLanguage, LinkWords } from './link-words.ts';
import { toHtml } from './to-html.ts';

const STYLE =
  ':root{color-scheme:light dark;--bg:#fdfcfa;--fg:#22201d;--soft:#f0ece5;--line:#8a8175;--link:#8a3b12;--on:#fff}' +
  '@media(prefers-color-scheme:dark){:root{--bg:#1a1816;--fg:#ece7df;--soft:#272421;--line:#8f867b;--link:#f0a37c;--on:#1a1816}}' +
  '*{box-sizing:border-box}body{margin:0 auto;max-width:30rem;padding:1rem;background:var(--bg);color:var(--fg);font:1rem/1.6 system-ui,sans-serif}' +
  'h1{line-height:1.25}label{display:block;margin-top:1rem;font-weight:600}small{display:block}' +
  'input{width:100%;font:inherit;padding:.6rem;color:inherit;background:var(--bg);border:1px solid var(--line);border-radius:.375rem}' +
  '#code{font:1.5rem/1.5 ui-monospace,monospace;letter-spacing:.1em;text-transform:uppercase}' +
  'button{font:inherit;font-weight:600;margin:1rem .5rem 0 0;padding:.6rem 1.2rem;min-height:2.75rem;border-radius:.375rem;border:1px solid var(--link);background:var(--link);color:var(--on)}' +
  'a{color:var(--link)}button.no{background:none;color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:2px}' +
  'dl{background:var(--soft);padding:1rem;border-radius:.375rem}dt{font-size:.875rem}dd{margin:0 0 .5rem;font-weight:600;overflow-wrap:anywhere}' +
  '#said{min-height:1.6em;font-weight:600}[hidden]{display:none}';

/** Texts come in by `textContent` alone. */
const SCRIPT = `
const $=(id)=>document.getElementById(id),W=JSON.parse($('words').textContent);let key='',code='';
const say=(text)=>{$('said').textContent=text};
$('code').value=(new URLSearchParams(location.search).get('code')||'').slice(0,20);
const tell=(status)=>W[{404:'code404',401:'key401',403:'scope403',409:'twice409',429:'many429'}[status]]||W.broken;
async function ask(body){
  say(W.working);
  for(const b of document.querySelectorAll('button'))b.disabled=true;
  try{
    const r=await fetch('/v1/owner/links/'+encodeURIComponent(code),{method:body?'POST':'GET',cache:'no-store',credentials:'omit',
      headers:{authorization:'Bearer '+key,...(body&&{'content-type':'application/json'})},...(body&&{body:JSON.stringify(body)})});
    if(!r.ok){say(tell(r.status));return null}
    say('');return await r.json();
  }catch{say(W.broken);return null}
  finally{for(const b of document.querySelectorAll('button'))b.disabled=false}
}
function end(state){
  key='';$('key').value='';$('first').hidden=true;$('second').hidden=true;
  say(W[state]||W.broken);$('said').focus();
}
$('first').addEventListener('submit',async(e)=>{
  e.preventDefault();key=$('key').value.trim();code=$('code').value.trim();
  const link=await ask(null);if(!link)return;
  if(link.state!=='pending')return end(link.state);
  const m=link.machine;
  for(const[id,text]of[['m',m.name],['p',m.platform||W.unknown],['c',m.card||W.unknown],['o',m.models.join(', ')||W.none],['a',link.account.name]])$(id).textContent=text;
  $('name').value=m.name;$('first').hidden=true;$('second').hidden=false;$('ask').focus();
});
$('second').addEventListener('submit',async(e)=>{
  e.preventDefault();
  const decision=e.submitter&&e.submitter.value==='deny'?'deny':'approve',name=$('name').value.trim();
  const link=await ask({decision,...(name&&decision==='approve'&&{name})});if(link)end(link.state);
});`;

const hashOf = (text: string): string => `'sha256-${encodeBase64(sha256(new TextEncoder().encode(text)))}'`;

/** Its own style and script by their hashes, its own router, and nothing else. */
export const LINK_POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `signIn`: where somebody signs in and comes back, needing no key. */
export function makeLinkPage(language: LinkLanguage, signIn: string): string {
  const words = LINK_WORDS[language];
  const row = (id: string, name: keyof LinkWords): string => `<dt>${words[name]}</dt><dd id="${id}"></dd>`;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>Irori: ${words.title}</title><style>${STYLE}</style></head><body><main><h1>${words.title}</h1><p>${words.intro}</p><p><a href="${toHtml(signIn)}">${words.signIn}</a></p><p id="said" role="status" tabindex="-1"></p><form id="first"><label for="code">${words.code}</label><input id="code" name="code" required maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="WXZB-CDFG"><label for="key">${words.key}</label><input id="key" type="password" required maxlength="200" autocomplete="off" spellcheck="false" aria-describedby="hint"><small id="hint">${words.keyHint}</small><button>${words.look}</button></form><form id="second" hidden><dl>${row('m', 'machine')}${row('p', 'platform')}${row('c', 'card')}${row('o', 'models')}${row('a', 'account')}</dl><p id="ask" tabindex="-1"><strong>${words.ask}</strong></p><label for="name">${words.name}</label><input id="name" maxlength="80" autocomplete="off" spellcheck="false"><button value="approve">${words.approve}</button><button class="no" value="deny">${words.deny}</button></form></main><script type="application/json" id="words">${JSON.stringify(words)}</script><script>${SCRIPT}</script></body></html>`;
}
