/** One thing that was compared. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly result: string;
  readonly isRight: boolean;
}

/** The row of embeddings that differ by so much; 1e-5 is the most. */
export function rowOf(name: string, what: string, difference: number): Row {
  return { name, what, result: difference.toExponential(1), isRight: difference <= 1e-5 };
}

/** Rows of what a tool that is missing would have done. */
export function notInstalled(name: string, what: string): Row {
  return { name, what, result: 'not installed', isRight: false };
}

/** Lines of a table; rows that are not right begin with an exclamation mark. */
export function tableOf(rows: readonly Row[]): string {
  const widthOf = (key: 'name' | 'what'): number => Math.max(...rows.map((row) => row[key].length));
  const [name, what] = [widthOf('name'), widthOf('what')];
  return rows
    .map((row) => `${row.isRight ? ' ' : '!'} ${row.name.padEnd(name)}  ${row.what.padEnd(what)}  ${row.result}`)
    .join('\n');
}
