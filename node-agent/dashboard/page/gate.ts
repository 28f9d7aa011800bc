// What a browser sees that has not been let in: with a token behind the # it asks to be, else it tells how.
import { enter, takeToken } from './client.ts';
import { draw, h } from './dom.ts';
import { GATE_WORDS } from './gate-words.ts';

const root = document.getElementById('page');
function tell(isOld: boolean): void {
  const words = navigator.language.startsWith('ja') ? GATE_WORDS.ja : GATE_WORDS.en;
  document.documentElement.lang = navigator.language.startsWith('ja') ? 'ja' : 'en';
  if (!root) return;
  draw(root, [
    h(
      'main',
      { class: 'gate' },
      h('div', { class: 'hearth', 'data-glow': 'ash', 'aria-hidden': 'true' }, h('i'), h('i')),
      h('h1', null, words.title),
      h('p', null, isOld ? words.old : words.why),
      h('p', null, h('code', { class: 'command' }, 'irori-node open')),
      h('p', { class: 'soft' }, words.note),
    ),
  ]);
}

async function knock(): Promise<void> {
  const token = takeToken();
  if (token === null) return tell(false);
  if (await enter(token)) location.reload();
  else tell(true);
}

// An address that is put into this very tab changes only what stands behind the #: nothing is loaded anew.
addEventListener('hashchange', () => void knock());
void knock();
