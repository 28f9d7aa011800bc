// The page's elements: described anew at each change, and only what differs is touched, so that focus, scroll and selection stay where they are. Text is
// only ever text: nothing here reads markup.

export type Child = Described | string | number | null | undefined | false | readonly Child[];

type Listener = (event: Event) => void;

interface Props {
  /** Tells it from its neighbours where their order or number changes. */
  readonly key?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  /** Custom properties and others; set one by one, as the page's policy asks. */
  readonly style?: Readonly<Record<string, string>>;
  /** Called once with the element that was made. */
  readonly made?: (element: HTMLElement) => void;
  readonly [attribute: string]: unknown;
}

export interface Described {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly (Described | string)[];
}

interface Drawn {
  readonly tag: string;
  props: Props;
  readonly heard: Set<string>;
}

const SVG = 'http://www.w3.org/2000/svg';
const drawn = new WeakMap<Node, Drawn>();

export function h(tag: string, props: Props | null = null, ...children: readonly Child[]): Described {
  return { tag, props: props ?? {}, children: flatten(children) };
}

/** Makes `parent` hold exactly these. */
export function draw(parent: Element, children: readonly Child[]): void {
  drawChildren(parent, flatten(children));
}

function flatten(children: readonly Child[]): (Described | string)[] {
  return children.flatMap((child): (Described | string)[] => {
    if (child === null || child === undefined || child === false || child === '') return [];
    if (Array.isArray(child)) return flatten(child as readonly Child[]);
    return [typeof child === 'number' ? String(child) : (child as Described | string)];
  });
}

function drawChildren(parent: Element, children: readonly (Described | string)[]): void {
  const old = [...parent.childNodes];
  const keyed = new Map(old.flatMap((node) => keyOf(node)));
  const free = old.filter((node) => keyOf(node).length === 0);
  const kept = new Set<Node>();
  const nodes = children.map((child) => {
    const found = typeof child === 'string' ? takeText(free) : takeElement(child, keyed, free);
    const node = found ?? make(parent, child);
    kept.add(node);
    update(node, child);
    return node;
  });
  for (const node of old) if (!kept.has(node)) node.remove();
  for (const [i, node] of nodes.entries()) {
    const there = parent.childNodes[i] ?? null;
    if (there !== node) parent.insertBefore(node, there);
  }
}

function keyOf(node: Node): [string, Node][] {
  const known = drawn.get(node);
  return known?.props.key === undefined ? [] : [[`${known.tag} ${known.props.key}`, node]];
}

function takeText(free: Node[]): Node | undefined {
  return take(free, (node) => node.nodeType === Node.TEXT_NODE);
}

function takeElement(child: Described, keyed: Map<string, Node>, free: Node[]): Node | undefined {
  const { tag, props } = child;
  if (props.key !== undefined) return keyed.get(`${tag} ${props.key}`);
  return take(free, (node) => drawn.get(node)?.tag === tag);
}

function take(free: Node[], fits: (node: Node) => boolean): Node | undefined {
  const at = free.findIndex(fits);
  return at < 0 ? undefined : free.splice(at, 1)[0];
}

function make(parent: Element, child: Described | string): Node {
  if (typeof child === 'string') return document.createTextNode(child);
  const isSvg = child.tag === 'svg' || (parent.namespaceURI === SVG && parent.tagName !== 'foreignObject');
  const element = isSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  drawn.set(element, { tag: child.tag, props: {}, heard: new Set() });
  child.props.made?.(element as HTMLElement);
  return element;
}

function update(node: Node, child: Described | string): void {
  if (typeof child === 'string') {
    if (node.nodeValue !== child) node.nodeValue = child;
    return;
  }
  const element = node as HTMLElement;
  const known = drawn.get(element);
  if (!known) return;
  const before = known.props;
  known.props = child.props;
  for (const name of Object.keys(child.props.on ?? {})) listen(element, known, name);
  for (const name of new Set([...Object.keys(before), ...Object.keys(child.props)]))
    setProp(element, name, child.props[name]);
  drawChildren(element, child.children);
  // After its options are there.
  if ('value' in child.props) setValue(element, child.props['value']);
}

function listen(element: HTMLElement, known: Drawn, name: string): void {
  if (known.heard.has(name)) return;
  known.heard.add(name);
  element.addEventListener(name, (event) => (known.props.on?.[name] as Listener | undefined)?.(event));
}

const OWN: ReadonlySet<string> = new Set(['key', 'on', 'made']);
const FIELDS: ReadonlySet<string> = new Set(['INPUT', 'SELECT', 'TEXTAREA']);

function setProp(element: HTMLElement, name: string, value: unknown): void {
  if (OWN.has(name) || (name === 'value' && FIELDS.has(element.tagName))) return;
  if (name === 'style') {
    for (const [property, text] of Object.entries((value ?? {}) as Record<string, string>))
      if (element.style.getPropertyValue(property) !== text) element.style.setProperty(property, text);
    return;
  }
  if (name === 'checked' && element instanceof HTMLInputElement) {
    element.checked = value === true;
    return;
  }
  if (value === null || value === undefined || value === false) return element.removeAttribute(name);
  const text = value === true ? '' : String(value as string | number);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** What somebody is writing is theirs until they have written it. */
function setValue(element: HTMLElement, value: unknown): void {
  const isField =
    element instanceof HTMLInputElement ||
    element instanceof HTMLSelectElement ||
    element instanceof HTMLTextAreaElement;
  const text = String((value ?? '') as string | number);
  if (isField && element.value !== text && document.activeElement !== element) element.value = text;
}
