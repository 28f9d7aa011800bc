// Parts of forms: each field with its label, a word on what it takes, and what was wrong with it, tied to it for who hears the page. A form that was
// refused shows what was typed.
import { useContext } from 'hono/jsx';
import type { Child } from 'hono/jsx';
import { FormRefusal, PagePath, PageRefusal, useSaid } from './refusal.ts';

interface FieldProps {
  readonly name: string;
  readonly label: string;
  /** Usual: the name. Of its own where a page has several forms with such a field. */
  readonly id?: string;
  /** What it takes, and what is left where nothing is said. */
  readonly help?: Child;
  readonly value?: string | undefined;
  readonly isRequired?: boolean;
}

/** One line of text, a number, an address, a time; several with `rows`. */
export function TextField(
  props: FieldProps & {
    readonly type?: string;
    readonly rows?: number;
    readonly attributes?: Record<string, string>;
  },
) {
  const { name, label, id = name, help, value, isRequired, type = 'text', rows, attributes = {} } = props;
  const { typed, fault } = useSaid(name, label);
  const text = typed?.[0] ?? value;
  const shared = {
    id: `f-${id}`,
    name,
    required: isRequired,
    autocomplete: 'off',
    ...describe({ id, help, fault }),
    // The page's own word comes last: one may know of a fault that no answer to a form tells.
    ...attributes,
  };
  return (
    <div>
      <label for={`f-${id}`}>{label}</label>
      <Help id={id}>{help}</Help>
      {rows === undefined ? (
        <input type={type} value={text} {...shared} />
      ) : (
        <textarea rows={rows} {...shared}>
          {text}
        </textarea>
      )}
      <Fault id={id}>{fault}</Fault>
    </div>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export function SelectField(props: FieldProps & { readonly choices: readonly Choice[] }) {
  const { name, label, id = name, help, value, choices } = props;
  const { typed, fault } = useSaid(name, label);
  const chosen = typed?.[0] ?? value;
  return (
    <div>
      <label for={`f-${id}`}>{label}</label>
      <Help id={id}>{help}</Help>
      <select id={`f-${id}`} name={name} {...describe({ id, help, fault })}>
        {choices.map((choice) => (
          <option value={choice.value} selected={choice.value === chosen}>
            {choice.label}
          </option>
        ))}
      </select>
      <Fault id={id}>{fault}</Fault>
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
  const { typed, fault } = useSaid(name, legend);
  const now = typed ?? ticked;
  return (
    <fieldset {...describe({ id: name, help, fault })} tabindex={fault === null ? undefined : -1}>
      <legend>{legend}</legend>
      <Help id={name}>{help}</Help>
      {choices.map(({ value, label }) => (
        <label class="check">
          <input type="checkbox" name={name} value={value} checked={now.includes(value)} />
          {label}
        </label>
      ))}
      <Fault id={name}>{fault}</Fault>
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
    <SentForm action={action} isInline={isInline}>
      <input type="hidden" name="csrf" value={csrf} />
      {children}
    </SentForm>
  );
}

/** As ActForm, of who is not signed in. */
export function SentForm(props: {
  readonly action?: string | undefined;
  readonly isInline?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: Child;
}) {
  const { isInline = false, attributes = {}, children } = props;
  const refusal = useContext(PageRefusal);
  // A page that is shown by the answer to a form stands at that form's address. Said in any case: a browser that is left to choose takes the fragment of its
  // own address along, such as the skip link's, and with one there no refused field gets the focus.
  const action = props.action ?? refusal?.page ?? useContext(PagePath);
  const isOwn = refusal !== null && action === refusal.sentTo;
  return (
    <form method="post" action={action} class={isInline ? 'inline' : 'fields'} {...attributes}>
      <FormRefusal.Provider value={isOwn ? refusal : null}>{children}</FormRefusal.Provider>
    </form>
  );
}

interface Described {
  readonly id: string;
  readonly help: Child | undefined;
  readonly fault: string | null;
}

/** What is read out with a field; a faulty one is where its page begins. */
function describe({ id, help, fault }: Described) {
  const ids = [...(fault === null ? [] : [`e-${id}`]), ...(help === undefined ? [] : [`h-${id}`])];
  return {
    'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
    'aria-invalid': fault === null ? undefined : 'true',
    autofocus: fault === null ? undefined : true,
  } as const;
}

function Help({ id, children }: { id: string; children?: Child }) {
  return children === undefined ? (
    <></>
  ) : (
    <small id={`h-${id}`} class="help">
      {children}
    </small>
  );
}

function Fault({ id, children }: { id: string; children?: Child }) {
  return children === null ? (
    <></>
  ) : (
    <small id={`e-${id}`} class="fault">
      {children}
    </small>
  );
}
