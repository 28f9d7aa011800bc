// A list whose length is judged before its items, and whose items are judged one by one until the first that is wrong: a schema that collects
// every fault makes an object of each, and a body of a megabyte holds a third of a million of them. Pure.
import * as z from 'zod';

/** What the items of a list are that is read here, since the list itself says nothing of them. Undefined for any other schema. */
export function itemOf(list: z.core.$ZodType & { readonly item?: z.ZodType }): z.ZodType | undefined {
  return list.item;
}

/** Reads a list of `min` to `max` items. Its only fault is its own length, or the first of its first wrong item, with the path to it. */
export function listOf<T extends z.ZodType>(
  item: T,
  { min = 0, max }: { readonly min?: number; readonly max: number },
) {
  const list = Object.assign(z.array(z.unknown()).min(min).max(max), { item });
  return list.transform((values, context): z.output<T>[] => {
    const items: z.output<T>[] = [];
    for (const [i, value] of values.entries()) {
      const parsed = item.safeParse(value);
      const issue = parsed.error?.issues[0];
      if (issue) {
        // It is whole already: only where it stands is added.
        context.issues.push({ ...issue, path: [i, ...issue.path], input: value } as never);
        return z.NEVER;
      }
      items.push(parsed.data as z.output<T>);
    }
    return items;
  });
}
