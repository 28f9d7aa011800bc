// Buttons that copy what stands in the element that they name (`data-copy="ID"`). Without this script the text can be marked by hand, and the buttons stay hidden.

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  const of = document.getElementById(button.dataset['copy'] ?? '');
  if (!of) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    void navigator.clipboard.writeText(of.textContent ?? '').then(() => {
      button.dataset['done'] = 'yes';
    });
  });
}
