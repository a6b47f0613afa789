/** Where two documents differ, and what stands there in each; undefined where one says nothing. */
export interface DocumentDifference {
  /** Such as `optimizer.learningRate`. */
  readonly path: string;
  readonly before: unknown;
  readonly now: unknown;
}

/** Where two documents differ, in the order of their keys. */
export function documentDifferences(before: unknown, now: unknown): DocumentDifference[] {
  return differences(plain(before), plain(now), []);
}

/** As it is after a way through JSON, which leaves out what is undefined. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function differences(before: unknown, now: unknown, path: readonly string[]): DocumentDifference[] {
  if (isMap(before) && isMap(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
    return keys.flatMap((key) => differences(before[key], now[key], [...path, key]));
  }
  return JSON.stringify(before) === JSON.stringify(now) ? [] : [{ path: path.join('.'), before, now }];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
