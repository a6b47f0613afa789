/** Results of `work` in the order of the items, `width` of them in work at once. The first failure ends it. */
export async function* orderedMap<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const inWork: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    // It is awaited below, possibly after others; until then Node must not call it unhandled.
    result.catch(() => undefined);
    inWork.push(result);
    if (inWork.length >= width) yield await (inWork.shift() as Promise<R>);
  }
  for (const result of inWork) yield await result;
}
