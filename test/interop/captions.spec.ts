// Goal: captions are read as openai/CLIP reads them: text is repaired where ftfy repairs it, and nowhere else.
// Method: accented letters before every sign that mojibake has, and sentences, right and broken, with what ftfy made of
// them (make_captions.py).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { captionDifferences, signDifferences, type ExpectedCaptions } from './captions.js';

const file = fileURLToPath(new URL('../../../test/interop/captions.json', import.meta.url));
const expected = JSON.parse(readFileSync(file, 'utf8')) as ExpectedCaptions;

describe('ftfy’s captions', () => {
  it('letters before signs are repaired where ftfy repairs them', () => {
    const { count, differences } = signDifferences(expected);
    expect(count).toBeGreaterThan(30_000);
    expect(differences).toEqual([]);
  });

  it('sentences, right and broken, are what CLIP’s tokenizer makes of them', () => {
    expect(expected.captions.length).toBeGreaterThan(300);
    expect(captionDifferences(expected)).toEqual([]);
  });
});
