// The form of one model of the catalogue.
import { ActForm, TextField } from '../../look/form.tsx';
import type { Child } from 'hono/jsx';
import type { Locale } from '../../look/words.ts';
import type { ModelField, ModelForm } from './read-model-form.ts';
import { CATALOGUE_WORDS } from './words-catalogue.ts';

interface FieldsProps {
  readonly form: ModelForm;
  readonly isNew: boolean;
  readonly csrf: string;
  readonly locale: Locale;
}

interface Told {
  readonly label: string;
  readonly help?: Child;
  readonly isRequired?: boolean;
}

export function ModelFields({ form, isNew, csrf, locale }: FieldsProps) {
  const words = CATALOGUE_WORDS[locale];
  const number = (name: ModelField, told: Told) => (
    <TextField
      name={name}
      value={form[name] ?? ''}
      {...told}
      attributes={{ inputmode: 'numeric', pattern: '[0-9]*', maxlength: '15' }}
    />
  );
  const text = (name: ModelField, told: Told) => (
    <TextField name={name} value={form[name] ?? ''} {...told} attributes={{ maxlength: '5000' }} />
  );
  return (
    <ActForm csrf={csrf}>
      {isNew ? (
        text('id', { label: words.id, help: words.idHelp, isRequired: true })
      ) : (
        <input type="hidden" name="id" value={form.id ?? ''} />
      )}
      {text('description', { label: words.description })}
      {text('digests', { label: words.digests, help: words.digestsHelp, isRequired: true })}
      {number('price_in', { label: words.priceIn, help: words.priceHelp, isRequired: true })}
      {number('price_out', { label: words.priceOut, help: words.priceHelp, isRequired: true })}
      {number('least_price_in', { label: words.leastIn, help: words.leastHelp })}
      {number('least_price_out', { label: words.leastOut, help: words.leastHelp })}
      {number('context_tokens', { label: words.contextTokens, isRequired: true })}
      {number('max_output_tokens', { label: words.outputTokens, isRequired: true })}
      {text('tokenizer', { label: words.tokenizer, help: words.tokenizerHelp })}
      {number('min_bytes_per_token', { label: words.minBytes, help: words.minBytesHelp })}
      {number('max_first_token_ms', { label: words.firstToken })}
      {isNew && <p class="soft">{words.addedHow}</p>}
      <button>{isNew ? words.addGo : words.keep}</button>
    </ActForm>
  );
}
