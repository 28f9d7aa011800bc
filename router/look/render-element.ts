// An element of a page as HTML. Pure.
import type { JSX } from 'hono/jsx/jsx-runtime';

/** hono's elements write themselves, escaped; their type does not say so. */
export function renderElement(element: JSX.Element): string {
  return (element as { toString(): string }).toString();
}
