export interface PriorityQueue<T> {
  push(item: T): void;
  /** Take the first item, or undefined where there is none. */
  pop(): T | undefined;
}

/** A binary heap: the item that `isFirst` of all others comes out first. */
export function priorityQueue<T>(isFirst: (a: T, b: T) => boolean): PriorityQueue<T> {
  const heap: T[] = [];
  const at = (i: number): T => heap[i] as T;
  const swap = (i: number, j: number): void => void ([heap[i], heap[j]] = [at(j), at(i)]);
  return {
    push(item) {
      heap.push(item);
      for (let i = heap.length - 1; i > 0;) {
        const parent = (i - 1) >> 1;
        if (!isFirst(at(i), at(parent))) return;
        swap(i, parent);
        i = parent;
      }
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return first;
      heap[0] = last;
      for (let i = 0; ;) {
        let next = 2 * i + 1;
        if (next >= heap.length) return first;
        if (next + 1 < heap.length && isFirst(at(next + 1), at(next))) next++;
        if (!isFirst(at(next), at(i))) return first;
        swap(i, next);
        i = next;
      }
    },
  };
}
