// Parts of forms: each field with its label, a word on what it takes, and what was wrong with it, tied to it for who hears the page.
import type { Child } from 'hono/jsx';

interface FieldProps {
  readonly name: string;
  readonly label: string;
  /** What it takes, and what is left where nothing is said. */
  readonly help?: Child;
  readonly value?: string | undefined;
  readonly isRequired?: boolean;
}

/** One line of text, a number, an address, a time. */
export function TextField(
  props: FieldProps & { readonly type?: string; readonly attributes?: Record<string, string> },
) {
  const { name, label, help, value, isRequired, type = 'text', attributes = {} } = props;
  return (
    <div>
      <label for={`f-${name}`}>{label}</label>
      {help !== undefined && <Help name={name}>{help}</Help>}
      <input
        id={`f-${name}`}
        name={name}
        type={type}
        value={value}
        required={isRequired}
        aria-describedby={help === undefined ? undefined : `h-${name}`}
        autocomplete="off"
        {...attributes}
      />
    </div>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField(props: FieldProps & { readonly choices: readonly Choice[] }) {
  const { name, label, help, value, choices } = props;
  return (
    <div>
      <label for={`f-${name}`}>{label}</label>
      {help !== undefined && <Help name={name}>{help}</Help>}
      <select id={`f-${name}`} name={name} aria-describedby={help === undefined ? undefined : `h-${name}`}>
        {choices.map((choice) => (
          <option value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Several of a few: what is ticked comes as values of one name. */
export function CheckGroup(props: {
  readonly name: string;
  readonly legend: string;
  readonly help?: Child;
  readonly choices: readonly Choice[];
  readonly ticked: readonly string[];
}) {
  const { name, legend, help, choices, ticked } = props;
  return (
    <fieldset>
      <legend>{legend}</legend>
      {help !== undefined && <small>{help}</small>}
      {choices.map(({ value, label }) => (
        <label class="check">
          <input type="checkbox" name={name} value={value} checked={ticked.includes(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** A form that changes something: posts to where it stands, or to `action`, with the token that only this session's pages carry. */
export function ActForm(props: {
  readonly csrf: string;
  readonly action?: string;
  /** In one line, beside other things. */
  readonly isInline?: boolean;
  readonly children?: Child;
}) {
  const { csrf, action, isInline = false, children } = props;
  return (
    <form method="post" action={action} class={isInline ? 'inline' : 'fields'}>
      <input type="hidden" name="csrf" value={csrf} />
      {children}
    </form>
  );
}

function Help({ name, children }: { name: string; children?: Child }) {
  return (
    <small id={`h-${name}`} class="help">
      {children}
    </small>
  );
}
