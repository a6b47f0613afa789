import type { TableLine } from './table-lines.js';

/** Lines in order, of which some can be put back. */
export interface LineQueue {
  next(): Promise<TableLine | undefined>;
  putBack(lines: readonly TableLine[]): void;
}

export function lineQueue(lines: AsyncGenerator<TableLine>): LineQueue {
  /** The next line is the last one. */
  const waiting: TableLine[] = [];
  return {
    async next() {
      const line = waiting.pop();
      if (line) return line;
      const next = await lines.next();
      return next.done ? undefined : next.value;
    },
    putBack(back) {
      for (const line of back.toReversed()) waiting.push(line);
    },
  };
}
