// The page's only style: system fonts, the reader's own light or dark, one column that fits a phone.

export const STYLE =
  ':root{color-scheme:light dark;--bg:#fdfcfa;--fg:#22201d;--soft:#f0ece5;--line:#d9d2c7;--link:#8a3b12}' +
  '@media(prefers-color-scheme:dark){:root{--bg:#1a1816;--fg:#ece7df;--soft:#272421;--line:#4a443d;--link:#f0a37c}}' +
  '*{box-sizing:border-box}body{margin:0 auto;max-width:46rem;padding:1rem;background:var(--bg);color:var(--fg);font:1rem/1.6 system-ui,sans-serif}' +
  'h1,h2,h3,h4{line-height:1.25}h2{margin-top:3rem;border-bottom:1px solid var(--line)}h3 code{font-weight:400}' +
  'a{color:var(--link)}a:focus-visible,summary:focus-visible,pre:focus-visible{outline:3px solid var(--link);outline-offset:2px}' +
  'nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}nav a,summary{display:inline-block;padding:.4rem 0}' +
  'code{font:.875em/1.5 ui-monospace,monospace;overflow-wrap:anywhere}pre{overflow-x:auto;padding:.75rem;background:var(--soft);border:1px solid var(--line);border-radius:.375rem}' +
  'pre code{overflow-wrap:normal}dt{margin-top:.75rem}dd{margin:0 0 0 1rem}:target{scroll-margin-top:1rem;background:var(--soft)}' +
  '.skip{position:absolute;left:-999rem}.skip:focus{position:static}@media print{details{display:block}}';

/** Of pages with tables. */
export const TABLE_STYLE =
  '.wide{overflow-x:auto}.wide:focus-visible{outline:3px solid var(--link)}table{border-collapse:collapse;margin:1rem 0}' +
  'th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;border-bottom:1px solid var(--line)}td{font-variant-numeric:tabular-nums}';
