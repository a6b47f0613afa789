import { cleanCaption } from '#data/text/clean-caption.js';
import { readC1AsWindows1252, repairMojibake } from '#data/text/mojibake.js';

/** What make_captions.py writes. */
export interface ExpectedCaptions {
  readonly versions: Readonly<Record<string, string>>;
  readonly contexts: readonly string[];
  readonly letters: string;
  readonly signs: string;
  readonly steps: readonly number[];
  readonly repaired: string;
  readonly captions: readonly (readonly [caption: string, clean: string])[];
}

/** A text with what ftfy and what Tandem make of it. */
export interface CaptionDifference {
  readonly text: string;
  readonly theirs: string;
  readonly ours: string;
}

/** The letters before signs that Tandem reads otherwise than ftfy does, and how many there are in all. */
export function signDifferences(expected: ExpectedCaptions): { count: number; differences: CaptionDifference[] } {
  const { contexts, letters, signs, steps, repaired } = expected;
  const repairs = new Map<number, string>();
  let number = 0;
  for (const [i, line] of repaired.split('\n').entries()) repairs.set((number += steps[i]!), line);
  const texts = [...letters].flatMap((letter, i) =>
    [...signs].map((sign, j) => contexts[(i + j) % contexts.length]!.replace('{}', letter + sign)),
  );
  const compared = texts.map((text, i) => ({
    text,
    theirs: repairs.get(i) ?? text,
    ours: readC1AsWindows1252(repairMojibake(text)),
  }));
  return { count: texts.length, differences: compared.filter(({ theirs, ours }) => theirs !== ours) };
}

/** The captions of which Tandem makes something else than openai/CLIP. */
export function captionDifferences({ captions }: ExpectedCaptions): CaptionDifference[] {
  return captions
    .map(([text, theirs]) => ({ text, theirs, ours: cleanCaption(text) }))
    .filter(({ theirs, ours }) => theirs !== ours);
}
