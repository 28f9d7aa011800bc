// Keeps what a page tells of now up to date: each element that it names (`data-live="NAME"`) is taken anew from the same page, as the router writes it in the
// reader's language. Nothing is asked for while nobody looks. Without this script the page stands as it was loaded.

const EVERY_MS = 15_000;
let asked = Date.now();

function refresh(): void {
  if (document.hidden || Date.now() - asked < EVERY_MS - 1000) return;
  asked = Date.now();
  const request = new XMLHttpRequest();
  request.open('GET', `${location.pathname}?live`);
  request.setRequestHeader('accept', 'text/html');
  // A document is made by the browser here, of no text that a script has touched.
  request.responseType = 'document';
  request.addEventListener('load', () => {
    if (request.status === 200 && request.responseXML) takeOver(request.responseXML);
  });
  request.send();
}

function takeOver(fresh: Document): void {
  for (const old of document.querySelectorAll('[data-live]')) {
    const next = fresh.querySelector(`[data-live="${old.getAttribute('data-live') ?? ''}"]`);
    // What has not changed keeps its focus and its place.
    if (!next || next.isEqualNode(old) || old.contains(document.activeElement)) continue;
    old.replaceWith(document.adoptNode(next));
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener('visibilitychange', refresh);
