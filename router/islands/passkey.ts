// Forms that an authenticator fills in (`data-passkey="get"` or `"create"`): asks the page's server what to sign (`data-ask`), then the authenticator, and sends
// the form. Without this script, or in a browser without passkeys, their buttons stay hidden, and the page offers links.

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-passkey]')) {
  if (!hasPasskeys()) continue;
  for (const part of form.querySelectorAll<HTMLElement>('[data-with], button')) part.hidden = false;
  for (const part of form.querySelectorAll<HTMLElement>('[data-without]')) part.hidden = true;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void fill(form);
  });
}

function hasPasskeys(): boolean {
  const { PublicKeyCredential: type } = window as { PublicKeyCredential?: Partial<typeof PublicKeyCredential> };
  return type?.parseRequestOptionsFromJSON !== undefined && type.parseCreationOptionsFromJSON !== undefined;
}

async function fill(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector('button');
  const field = form.querySelector<HTMLInputElement>('input[name=response]');
  const fault = form.querySelector<HTMLElement>('[data-fault]');
  if (!button || !field || !fault) return;
  button.disabled = true;
  fault.hidden = true;
  try {
    field.value = JSON.stringify(await sign(form));
    form.submit();
  } catch (error) {
    // Refused by the authenticator, left, or too late: nobody can tell which, and the remedy is the same. What the page's server refuses is another matter.
    const isOfKey = error instanceof DOMException;
    fault.hidden = false;
    fault.textContent = (isOfKey ? fault.dataset['fault'] : fault.dataset['notNow']) ?? '';
    button.disabled = false;
  }
}

// A page that the browser kept, and goes back to, was left while its button waited.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted)
    for (const button of document.querySelectorAll<HTMLButtonElement>('form[data-passkey] button'))
      button.disabled = false;
});

async function sign(form: HTMLFormElement): Promise<unknown> {
  const csrf = form.querySelector<HTMLInputElement>('input[name=csrf]')?.value;
  const body = new URLSearchParams(csrf === undefined ? {} : { csrf });
  const answer = await fetch(form.dataset['ask'] ?? '', { method: 'POST', body });
  // To sign in once more, first.
  if (answer.redirected) location.assign(answer.url);
  if (!answer.ok || answer.redirected) throw new Error('no challenge');
  const asked: unknown = await answer.json();
  const made = await (form.dataset['passkey'] === 'create'
    ? navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked as PublicKeyCredentialCreationOptionsJSON),
      })
    : navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked as PublicKeyCredentialRequestOptionsJSON),
      }));
  return (made as PublicKeyCredential).toJSON();
}
