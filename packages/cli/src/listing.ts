// Owns: reading a whole list part by part: gapless, so that its end is proven too.
import type { Answer, AsOf, ListOptions, ListPage } from '@consilium/sdk';

export interface WholeList<T> {
  readonly items: readonly T[];
  /** The oldest of the blocks that the parts are of. */
  readonly asOf: AsOf;
}

/** `read`: one part of the list. A list that fits into one part is of one block. */
export async function wholeList<T>(
  read: (options: ListOptions) => Promise<Answer<ListPage<T>>>,
  options: ListOptions,
): Promise<WholeList<T>> {
  const first = await read(options);
  const items = [...first.value.items];
  for (let next = first.value.next; next !== null; ) {
    const { value } = await read({ ...options, from: next });
    items.push(...value.items);
    next = value.next;
  }
  return { items, asOf: first.asOf };
}
