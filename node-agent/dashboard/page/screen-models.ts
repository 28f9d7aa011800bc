// Models: what is here, what of it is lent, what the network pays for it, and how fast it is.
import type { ModelView } from '../page-view.ts';
import { h } from './dom.ts';
import type { Child, Described } from './dom.ts';
import { notice, toggle } from './parts.ts';
import { run, state } from './store.ts';

export function drawModels(): Child {
  const { words, view } = state;
  if (!view) return null;
  return [
    h('p', { class: 'soft intro' }, words.models.sub),
    view.models.length === 0
      ? notice('warn', h('p', null, h('b', null, words.models.empty)), h('p', null, words.models.emptyAction))
      : h('ul', { class: 'models' }, ...view.models.map((model) => drawModel(model))),
  ];
}

function drawModel(model: ModelView): Described {
  const { words, format, busy } = state;
  const { name, isShared, canSwitch, contextTokens, can, isInMemory } = model;
  const facts = [
    ...(contextTokens === null ? [] : [words.models.context(format.number(contextTokens))]),
    ...(isInMemory === null ? [] : [isInMemory ? words.models.inMemory : words.models.cold]),
    ...(can.length === 0 ? [] : [`${words.models.can}${words.colon}${can.join(', ')}`]),
  ];
  return h(
    'li',
    { class: 'sheet model', key: name, 'data-lent': String(isShared) },
    h(
      'div',
      { class: 'head' },
      h('h2', { class: 'name' }, name),
      h(
        'span',
        { class: 'beside' },
        h('span', { class: 'soft', 'aria-hidden': 'true' }, isShared ? words.models.lent : words.models.kept),
        toggle(
          { label: words.models.share(name), isOn: isShared, isDisabled: !canSwitch || busy.has(name) },
          (isOn) => void run('share', { model: name, isShared: isOn }, { as: name }),
        ),
      ),
    ),
    ...sayCatalogue(model).map((line) => h('p', null, line)),
    saySpeed(model),
    facts.length === 0 ? null : h('p', { class: 'soft' }, facts.join(' · ')),
    canSwitch ? null : h('p', { class: 'soft' }, words.models.locked),
  );
}

function sayCatalogue({ catalogue }: ModelView): string[] {
  const { words, format } = state;
  if (catalogue === null) return [words.models.notAsked];
  if (catalogue.id === null) return [words.models.ownOnly];
  const { id, priceIn, priceOut, callsPerHour } = catalogue;
  const pays =
    priceIn === null || priceOut === null ? null : words.models.pays(format.credits(priceIn), format.credits(priceOut));
  return [
    [words.models.inCatalogue(id), pays].filter((one) => one !== null).join(words.comma),
    callsPerHour === null ? words.models.callsFew : words.models.calls(format.number(callsPerHour)),
  ];
}

function saySpeed({ promptTokensPerS, decodeTokensPerS, speedIs }: ModelView): Child {
  const { words, format } = state;
  if (promptTokensPerS === null || decodeTokensPerS === null || speedIs === null) return null;
  return h(
    'p',
    null,
    `${words.models.output(format.short(decodeTokensPerS))}${words.comma}${words.models.prompt(format.short(promptTokensPerS))} `,
    h('span', { class: 'tag', 'data-kind': speedIs }, words.models[speedIs]),
  );
}
