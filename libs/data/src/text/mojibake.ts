/**
 * Repairs UTF-8 that was decoded as windows-1252 or latin-1, once or several times: `cafÃ©` → `café`. Correct text
 * stays as it is: a sequence is decoded only if it is well-formed UTF-8 for characters that exist and is text that
 * nobody would write on purpose (isSurelyMojibake). This is stricter than ftfy, whose idea it follows: text in other
 * encodings, and UTF-8 with bytes lost or turned into spaces, is not repaired. Source: ftfy (Speer 2019), fix_encoding.
 */
export function repairMojibake(text: string): string {
  for (;;) {
    const repaired = text.replace(utf8Shaped, (sequences: string, at: number) => {
      const decoded = decode(sequences);
      return decoded !== undefined && isSurelyMojibake(sequences, text.slice(0, at), text.slice(at + sequences.length))
        ? decoded
        : sequences;
    });
    if (repaired === text) return text;
    text = repaired; // Every repair makes the text shorter, so this ends.
  }
}

/**
 * Replaces the control characters 80 to 9f, which nobody uses, by what these bytes mean in windows-1252: they come from
 * reading that encoding as latin-1.
 */
export function readC1AsWindows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => windows1252[control.charCodeAt(0) - 0x80]!.replace(' ', control));
}

/**
 * The characters of bytes 0x80 to 0x9f in windows-1252, with a space where it has none. All other bytes, and in latin-1
 * these as well, are the first 256 characters of Unicode.
 */
const windows1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const byteOf = new Map(Array.from(windows1252, (character, i) => [character, 0x80 + i]));
const continuation = `[\\x80-\\xbf${windows1252.replaceAll(' ', '')}]`;
const utf8Shaped = new RegExp(`(?:[Â-ß]${continuation}|[à-ï]${continuation}{2}|[ð-ô]${continuation}{3})+`, 'gu');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(sequences: string): string | undefined {
  try {
    const decoded = utf8.decode(
      Uint8Array.from(sequences, (character) => byteOf.get(character) ?? character.charCodeAt(0)),
    );
    return /[\p{Cn}\p{Co}]/u.test(decoded) ? undefined : decoded;
  } catch {
    return undefined; // Shaped like UTF-8, but overlong, or half of a surrogate pair.
  }
}

/** Characters that may follow an accented letter in correct text: quotes, dashes, signs, letters. */
const afterLetter = /^[\p{L}\x85\x91-\x97\xa0¡¢£¥€§´·¿«»‘’“”‚„‹›…–—•™®©°¹²³ªº½]+$/u;
/** Those that may also stand between two letters. */
const betweenLetters = /[\p{L}\x85\x91-\x97\xa0¢£¥€·’…–—]$/u;

/**
 * Whether nobody would write this here on purpose: signs that never follow a letter, signs within a word, capitals
 * within lower case. Few words end with Â or Ã.
 */
function isSurelyMojibake(sequences: string, before: string, after: string): boolean {
  const lead = sequences.charAt(0);
  const marks = sequences.slice(1);
  const isLikeWord = /^(?:\p{Lu}+|\p{Lu}?\p{Ll}+)\P{L}{0,3}$/u.test(sequences); // `ÉŠÚ®`, `Óšé…”`
  if (/[Â-ô]/u.test(marks) && !isLikeWord) return true; // Several in a row, all well-formed.
  if (lead === 'ß' || lead === '×') return false; // `Spaß’s`, `5×£35`
  // Words do not end in â and ï; ðŸ begins most emoji.
  if (/^(?:[âï]|ðŸ|[Â-Þ][\x80-\x9f])/u.test(sequences)) return true;
  if (!afterLetter.test(marks) || (!betweenLetters.test(marks) && /^\p{Script=Latin}/u.test(after))) return true;
  if (/[à-ô]/u.test(lead)) return false;
  if (/\p{Ll}$/u.test(before)) return true;
  if (lead !== 'Ã' && lead !== 'Â') return false;
  if (/^[¡¢£¥€§´¿™®©°¹²³ªº½]/u.test(marks) || /^Ã\p{L}$/u.test(sequences)) return true;
  if (marks === '\xa0') return !/\p{Lu}$/u.test(before);
  return /[–—…]/u.test(marks) && /^[\p{Script=Latin}\p{N}]/u.test(after) && !/\p{L}$/u.test(before);
}
