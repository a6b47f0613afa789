import { codePages, type CodePage } from './code-pages.js';
import { looksLikeMojibake } from './mojibake-signs.js';

/**
 * Repairs UTF-8 that was decoded as windows-1252 or another code page, once or several times: `cafÃ©` → `café`. Text
 * without signs of that stays as it is. Source: ftfy 6.3 (Robyn Speer, Apache-2.0), fix_encoding; it does what that
 * does to a line.
 */
export function repairMojibake(text: string): string {
  for (;;) {
    const repaired = repairedOnce(text);
    if (repaired === text) return text;
    text = repaired; // Repairs shorten the text or take control characters from it, so this ends.
  }
}

/**
 * Replaces the control characters 80 to 9f, which nobody uses, by what these bytes mean in windows-1252: they come from
 * reading that encoding as latin-1.
 */
export function readC1AsWindows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => {
    const byte = control.charCodeAt(0);
    return windows1252.charactersAt(byte, byte);
  });
}

function repairedOnce(text: string): string {
  if (!/[^\0-\x7f]/.test(text) || !looksLikeMojibake(text)) return text;
  for (const codePage of codePages) {
    const bytes = codePage.bytesOf(text);
    const decoded = bytes === undefined ? undefined : decode(restored(bytes, codePage));
    if (decoded !== undefined) return decoded;
  }
  // Not all of it was UTF-8, or not all in one code page.
  const inParts = text.replace(utf8Shaped, (part) =>
    part.length < text.length && looksLikeMojibake(part) ? repairMojibake(part) : part,
  );
  return inParts === text ? readC1AsWindows1252(text) : inParts;
}

const windows1252 = codePages.find(({ name }) => name === 'windows-1252')!;

/** Characters that code pages other than MacRoman and cp437 have for certain bytes. */
function charactersAt(first: number, last: number): string {
  return codePages
    .filter(({ name, isSloppy }) => isSloppy || name === 'latin-1')
    .map((codePage) => codePage.charactersAt(first, last))
    .join('');
}

const continuation = charactersAt(0x80, 0xbf);
/** Without the punctuation that stands between words. */
const continuationWithinWords = continuation.replace(/[–—―‘’‚“”„•…]/g, '');

/** Sequences that are UTF-8 if each character is taken for a byte. Source: ftfy 6.3, chardata.UTF8_DETECTOR_RE. */
const utf8Shaped = new RegExp(
  `(?<![${continuationWithinWords}])(?:` +
    `[${charactersAt(0xc2, 0xdf)}][${continuation} ]|` +
    `[${charactersAt(0xe0, 0xef)}][${continuation} ]{2}|` +
    `[${charactersAt(0xf0, 0xf0)}${charactersAt(0xf3, 0xf3)}][${continuation} ]{3})+`,
  'gu',
);

/** The bytes with what other programs have changed in them. */
function restored(bytes: string, { name, isSloppy }: CodePage): string {
  const spaced = name === 'macroman' ? bytes : withNoBreakSpaces(bytes);
  return isSloppy ? spaced.replace(lossy, '\xef\xbf\xbd') : spaced; // U+FFFD.
}

/** Bytes a0 that became 20 in sequences which are UTF-8 with them. Source: ftfy 6.3, restore_byte_a0. */
function withNoBreakSpaces(bytes: string): string {
  return bytes
    .replace(/\xc3 (?! |quele|quela|quilo|s )/g, '\xc3\xa0 ') // The word à.
    .replace(spacedOut, (sequence) => sequence.replaceAll(' ', '\xa0'));
}

const spacedOut = new RegExp(
  [
    '[\\xc2\\xc3\\xc5\\xce\\xd0\\xd9] ',
    '[\\xe2\\xe3] [\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf]',
    '[\\xe0-\\xe3][\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf] ',
    '\\xf0 [\\x80-\\xbf]{2}',
    '\\xf0[\\x80-\\xbf] [\\x80-\\xbf]',
    '\\xf0[\\x80-\\xbf]{2} ',
  ].join('|'),
  'g',
);

/** Sequences of which a byte was lost, 1a or a question mark. Source: ftfy 6.3, chardata.LOSSY_UTF8_RE. */
const lossy = new RegExp(
  [
    '[\\xc2-\\xdf]\\x1a',
    '[\\xc2\\xc3]\\?',
    '\\xed[\\xa0-\\xaf][\\x1a?]\\xed[\\xb0-\\xbf][\\x1a?\\x80-\\xbf]',
    '\\xed[\\xa0-\\xaf][\\x1a?\\x80-\\xbf]\\xed[\\xb0-\\xbf][\\x1a?]',
    '[\\xe0-\\xef][\\x1a?][\\x1a\\x80-\\xbf]',
    '[\\xe0-\\xef][\\x1a\\x80-\\xbf][\\x1a?]',
    '[\\xf0-\\xf4][\\x1a?][\\x1a\\x80-\\xbf]{2}',
    '[\\xf0-\\xf4][\\x1a\\x80-\\xbf][\\x1a?][\\x1a\\x80-\\xbf]',
    '[\\xf0-\\xf4][\\x1a\\x80-\\xbf]{2}[\\x1a?]',
    '\\x1a',
  ].join('|'),
  'g',
);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8, and its variants in which Java writes NUL and UTF-16 halves are written one by one. */
function decode(bytes: string): string | undefined {
  const plain = bytes
    .replace(/\xc0\x80/g, '\0')
    .replace(/\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])/g, (_, ...[a, b, c, d]: string[]) => {
      const [high, low] = [halfOf(a!, b!), halfOf(c!, d!)];
      return String.fromCharCode(...new TextEncoder().encode(String.fromCharCode(high, low)));
    });
  try {
    return utf8.decode(Uint8Array.from(plain, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/** Half of a surrogate pair, of the last two of its three bytes. */
function halfOf(second: string, third: string): number {
  return 0xd000 + ((second.charCodeAt(0) & 0x3f) << 6) + (third.charCodeAt(0) & 0x3f);
}
