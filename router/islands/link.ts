// `/link`: asks this router for the machine behind a code, and sends what its owner decides. The key that is typed in stands in no address and is kept nowhere.
interface Link {
  readonly state: string;
  readonly machine: {
    readonly name: string;
    readonly platform: string | null;
    readonly card: string | null;
    readonly models: readonly string[];
  };
  readonly account: { readonly name: string };
}

const WORD_OF_STATUS: Readonly<Record<number, string>> = {
  401: 'key401',
  403: 'scope403',
  404: 'code404',
  409: 'twice409',
  429: 'many429',
};

function find<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(id);
  return element as T;
}

const words = JSON.parse(find('words').textContent ?? '{}') as Readonly<Record<string, string>>;
const [first, second] = [find<HTMLFormElement>('first'), find<HTMLFormElement>('second')];
const [codeField, keyField, nameField] = ['code', 'key', 'name'].map((id) => find<HTMLInputElement>(id)) as [
  HTMLInputElement,
  HTMLInputElement,
  HTMLInputElement,
];
let key = '';
let code = '';

const say = (word: string | null): void => {
  find('said').textContent = word === null ? '' : (words[word] ?? words['broken'] ?? '');
};

function lock(isLocked: boolean): void {
  for (const button of document.querySelectorAll('button')) button.disabled = isLocked;
}

async function ask(body: object | null): Promise<Link | null> {
  say('working');
  lock(true);
  try {
    const response = await fetch(`/v1/owner/links/${encodeURIComponent(code)}`, {
      method: body ? 'POST' : 'GET',
      cache: 'no-store',
      credentials: 'omit',
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    say(response.ok ? null : (WORD_OF_STATUS[response.status] ?? 'broken'));
    return response.ok ? ((await response.json()) as Link) : null;
  } catch {
    say('broken');
    return null;
  } finally {
    lock(false);
  }
}

function end(state: string): void {
  key = '';
  keyField.value = '';
  first.hidden = true;
  second.hidden = true;
  say(state);
  find('said').focus();
}

async function look(): Promise<void> {
  key = keyField.value.trim();
  code = codeField.value.trim();
  const link = await ask(null);
  if (!link) return;
  if (link.state !== 'pending') return end(link.state);
  const { name, platform, card, models } = link.machine;
  const unknown = words['unknown'] ?? '';
  const told = [
    name,
    platform || unknown,
    card || unknown,
    models.join(', ') || (words['none'] ?? ''),
    link.account.name,
  ];
  for (const [at, id] of ['m', 'p', 'c', 'o', 'a'].entries()) find(id).textContent = told[at] ?? '';
  nameField.value = name;
  first.hidden = true;
  second.hidden = false;
  find('ask').focus();
}

async function decide(submitter: HTMLElement | null): Promise<void> {
  const decision = submitter instanceof HTMLButtonElement && submitter.value === 'deny' ? 'deny' : 'approve';
  const name = nameField.value.trim();
  const link = await ask({ decision, ...(name !== '' && decision === 'approve' && { name }) });
  if (link) end(link.state);
}

codeField.value = (new URLSearchParams(location.search).get('code') ?? '').slice(0, 20);
first.addEventListener('submit', (event) => {
  event.preventDefault();
  void look();
});
second.addEventListener('submit', (event) => {
  event.preventDefault();
  void decide(event.submitter);
});
