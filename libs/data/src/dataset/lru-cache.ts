/** Values made once and kept while there is room; the one not used for longest goes first. */
export interface LruCache<K, V> {
  /** The value of `key`: kept, on its way, or made now. A failure is passed on and not kept. */
  get(key: K, make: () => Promise<V>): Promise<V>;
}

/** `weightLimit` bounds the sum of `weigh` over the values kept (invariant L1). */
export function lruCache<K, V>(weightLimit: number, weigh: (value: V) => number): LruCache<K, V> {
  const entries = new Map<K, { value: Promise<V>; weight: number }>(); // Least recently used first.
  let weight = 0;

  function keep(key: K, value: Promise<V>): Promise<V> {
    const entry = { value, weight: 0 };
    entries.set(key, entry);
    value.then(
      (made) => {
        entry.weight = weigh(made);
        weight += entry.weight;
        makeRoom();
      },
      () => entries.delete(key),
    );
    return value;
  }

  function makeRoom(): void {
    for (const [key, entry] of entries) {
      if (weight <= weightLimit) return;
      if (entry.weight === 0) continue; // On its way.
      entries.delete(key);
      weight -= entry.weight;
    }
  }

  return {
    get(key, make) {
      const known = entries.get(key);
      if (!known) return keep(key, make());
      entries.delete(key);
      entries.set(key, known);
      return known.value;
    },
  };
}
