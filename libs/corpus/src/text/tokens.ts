import { CharacterClass, classOfUnit } from './characters.js';

const { space, word, joint, gapless, trailing } = CharacterClass;

/**
 * Calls `take` with the start and end of each token of a text in NFC: a word of a script with gaps, a letter of a
 * script without, or a sign. White space between two letters of scripts without gaps is a token too, of length 0;
 * elsewhere white space says nothing that the tokens do not.
 */
export function forEachToken(text: string, take: (from: number, to: number) => void): void {
  let before: number = space;
  let isGap = false;
  for (let at = 0; at < text.length;) {
    const from = at++;
    const kind = classOfUnit[text.charCodeAt(from)]!;
    if (kind === space) isGap = true;
    else {
      if (isGap && kind === gapless && before === gapless) take(from, from);
      at = kind === word ? endOfWord(text, at) : endOfCharacter(text, at);
      take(from, at);
      before = kind;
      isGap = false;
    }
  }
}

/** The end of a word that is known up to `at`. A joint belongs to it only if the word goes on behind. */
function endOfWord(text: string, at: number): number {
  for (;;) {
    const kind = classAt(text, at);
    if (kind === word || kind === trailing) at++;
    else if (kind === joint && classAt(text, at + 1) === word) at += 2;
    else return at;
  }
}

function endOfCharacter(text: string, at: number): number {
  while (classAt(text, at) === trailing) at++;
  return at;
}

function classAt(text: string, at: number): number {
  return at < text.length ? classOfUnit[text.charCodeAt(at)]! : space;
}
