import { InvalidArgumentError } from 'commander';

/** One of several parts of a work that are done apart. Parts are counted from 1. */
export interface Part {
  readonly part: number;
  readonly parts: number;
}

/** Parses `2/8`. */
export function partOf(text: string): Part {
  const [, part = 0, parts = 0] = /^(\d{1,5})\/(\d{1,5})$/.exec(text)?.map(Number) ?? [];
  if (part < 1 || part > parts) throw new InvalidArgumentError('Expected a part of all parts, such as 2/8.');
  return { part, parts };
}
