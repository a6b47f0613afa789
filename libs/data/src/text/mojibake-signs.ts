/**
 * Whether a text holds a sequence of characters that comes from mojibake far more likely than from anyone's wish, such
 * as an accented small letter before a sign of money. Source: ftfy 6.3 (Robyn Speer, Apache-2.0), badness.py; its
 * categories of characters and its rules, one a line.
 */
export function looksLikeMojibake(text: string): boolean {
  return signsOfMojibake.test(text);
}

// In many contexts; signs of nothing.
const common = '\xa0\xad·´–—―…’';
// The control characters 80 to 9f, which nobody uses.
const controls = '\x80-\x9f';
// Hardly ever written on purpose.
const bad = '¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\ufffdªº';
const law = '¶§';
const currency = '¢£¥₧€';
const opening = '¡«¿©΄΅‘‚“„•‹\uf8ff';
const closing = '®»˝”›™';
const numeric = '²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№';
// Letters that may be faces: (ò_ó).
const faces = 'Ò-ÖÙ-Üò-öø-üŐŌŪŲ°';
const upper = 'À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ';
const lower = 'ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ';
// Scripts whose words may end in a capital.
const upperCommon = 'ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я';
const lowerCommon = 'α-ωάέήίΰа-џ';
const box = '│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓';
/** White space and word characters as Python has them. */
const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const word = '\\p{L}\\p{N}_';
const arabicSecond = `${common}${currency}${bad}${numeric}${opening}ŸŠ®°µ»`;
const secondOfTwo = `${controls}${bad}${opening}${closing}${currency}°`;

const signsOfMojibake = new RegExp(
  [
    `[${controls}]`,
    `[${bad}${lower}${upper}${box}${opening}${closing}${currency}${numeric}${law}][${bad}]`,
    `[a-zA-Z][${lowerCommon}${upperCommon}][${bad}]`,
    `[${bad}][${lower}${upper}${box}${opening}${closing}${currency}${numeric}${law}]`,
    `[${lower}${lowerCommon}${box}${closing}${currency}${numeric}][${upper}]`,
    `[${box}${closing}${currency}${numeric}][${lower}]`,
    `[${lower}${box}${closing}][${currency}]`,
    `[${space}][${upper}][${currency}]`,
    `[${upper}${box}][${numeric}${law}]`,
    `[${lower}${upper}${box}${currency}${closing}][${opening}][${numeric}]`,
    `[${lower}${upper}${currency}${numeric}${box}${law}][${closing}][${opening}]`,
    `[${currency}${numeric}${box}][${opening}]`,
    `[a-z][${upper}][${opening}${currency}]`,
    `[${box}][${faces}]`,
    `[${lower}${upper}${currency}${numeric}${opening}${closing}${law}][${box}]`,
    `[${box}][${closing}]`,
    `[${lower}${upper}][${opening}${closing}][${word}]`,
    '[Œœ][^A-Za-z]',
    `[${upper}]°`,
    // Two characters of windows-1252.
    `[ÂÃÎÐ][€œŠš¢£Ÿž\\xa0\\xad®©°·»${opening}${closing}–—´]`,
    '×[²³]',
    // Arabic words in windows-1252, of which two letters are asked for; and the first of three in South Asian scripts.
    `[ØÙ][${arabicSecond}][ØÙ][${arabicSecond}]`,
    'à[²µ¹¼½¾]',
    // MacRoman.
    '√[±∂†≠®™´≤≥¥µø]',
    '≈[°¢]',
    '‚Ä[ìîïòôúùû†°¢π]',
    '‚[âó][àä°ê]',
    // windows-1251.
    'вЂ',
    `[ВГРС][${secondOfTwo}µ][ВГРС]`,
    'ГўВЂВ[^\\n][A-Za-z ]',
    // à, á and the no-break space in windows-1252.
    'Ã[\\xa0¡]',
    `[a-z][${space}]?[ÃÂ] `,
    '^[ÃÂ] ',
    `[a-z.,?!${closing}]Â[ ${opening}${closing}]`,
    // windows-1253 and windows-1257.
    'β€[™\\xa0Ά\\xad®°]',
    `[ΒΓΞΟ][${secondOfTwo}][ΒΓΞΟ]`,
    'ā€',
  ].join('|'),
  'u',
);
