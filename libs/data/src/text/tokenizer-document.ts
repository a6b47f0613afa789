import { createHash } from 'node:crypto';
import { z } from 'zod';
import { shownValue } from '#protocol/input/shown.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Pausable } from '#threads/turns.js';

/*
 * A document may have a million merges, and to look at each takes a second in all: so everything here that goes over
 * the merges has pauses.
 */

/** A tokenizer as it is stored: tokenizer.json of a run and of its checkpoints. */
export interface TokenizerDocument {
  readonly format: 'tandem-bpe';
  /** 1: captions were not repaired (see cleanUnrepairedCaption). 2: they are (see cleanCaption). */
  readonly version: 1 | 2;
  /** Token ids are 0 … vocabulary − 1; the last two are start and end. */
  readonly vocabulary: number;
  /** `left right` in rank order; merge k makes token 512 + k. Ids from the last merge up to start are unused. */
  readonly merges: readonly string[];
}

const schema = z.strictObject({
  format: z.literal('tandem-bpe'),
  version: z.union([z.literal(1), z.literal(2)]),
  vocabulary: z.int().min(514),
  merges: z.custom<readonly unknown[]>(Array.isArray, 'expected a list'),
});

/** Checks a document that was stored. Throws DATA_INVALID if it is not one. */
export function* checkedDocument(stored: unknown): Pausable<TokenizerDocument> {
  const parsed = schema.safeParse(stored);
  if (!parsed.success) throw invalidDocument(problemText(parsed.error));
  const { vocabulary, merges } = parsed.data;
  if (merges.length > vocabulary - 514)
    throw invalidDocument(`expected at most vocabulary − 514 = ${vocabulary - 514} merges, got ${merges.length}`);
  for (let at = 0; at < merges.length; at++) {
    if (!isMerge(merges[at]))
      throw invalidDocument(
        `expected merge ${at} to be two tokens with a space between, got ${shownValue(merges[at])}`,
      );
    if (at % mergesBetweenPauses === 0) yield;
  }
  return parsed.data as TokenizerDocument;
}

function isMerge(value: unknown): value is string {
  return typeof value === 'string' && /^\S+ \S+$/u.test(value);
}

/** What JSON.stringify gives, in UTF-8. */
export function* documentJson({ format, version, vocabulary, merges }: TokenizerDocument): Pausable<Uint8Array> {
  const parts = [Buffer.from(`${JSON.stringify({ format, version, vocabulary }).slice(0, -1)},"merges":[`)];
  for (const text of listParts(merges)) {
    parts.push(Buffer.from(text));
    yield;
  }
  return Buffer.concat([...parts, Buffer.from(']}')]);
}

/** sha256 of the canonical JSON (canonicalJson), in which the members are in alphabetical order. */
export function* documentHash({ format, version, vocabulary, merges }: TokenizerDocument): Pausable<string> {
  const hash = createHash('sha256').update(`{"format":${JSON.stringify(format)},"merges":[`);
  for (const text of listParts(merges)) {
    hash.update(text);
    yield;
  }
  return hash.update(`],"version":${version},"vocabulary":${vocabulary}}`).digest('hex');
}

/** The JSON of a list without its brackets, in parts. */
function* listParts(list: readonly string[]): Iterable<string> {
  for (let from = 0; from < list.length; from += mergesBetweenPauses) {
    const part = JSON.stringify(list.slice(from, from + mergesBetweenPauses)).slice(1, -1);
    yield from === 0 ? part : `,${part}`;
  }
}

/** Do both number their tokens alike? They may clean captions differently. */
export function hasSameTokens(
  one: Pick<TokenizerDocument, 'vocabulary' | 'merges'>,
  other: Pick<TokenizerDocument, 'vocabulary' | 'merges'>,
): boolean {
  return (
    one.vocabulary === other.vocabulary &&
    one.merges.length === other.merges.length &&
    one.merges.every((merge, at) => merge === other.merges[at])
  );
}

/** Takes about a millisecond. */
export const mergesBetweenPauses = 2 ** 11;

export function invalidDocument(detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `The tokenizer document cannot be used: ${detail}`,
    help: 'Use the tokenizer.json that was stored with the checkpoint.',
  });
}
