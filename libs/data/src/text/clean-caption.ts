import { decodeHTML, decodeHTMLStrict } from 'entities';
import { readC1AsWindows1252, repairMojibake } from './mojibake.js';

/**
 * A caption as CLIP's tokenizer sees it: text repaired as ftfy does it (mojibake, typographic quotes made straight,
 * ligatures and wide forms made letters, control characters taken out, NFC), HTML entities decoded twice (web captions
 * are often escaped twice), runs of white space made one space, lower case. Of mojibake what repairMojibake knows.
 * Source: openai/CLIP simple_tokenizer.py, basic_clean and whitespace_clean; ftfy 6, fix_text.
 */
export function cleanCaption(caption: string): string {
  let [text, before] = [caption, ''];
  while (text !== before) [text, before] = [repaired(text), text];
  return lowerWords(decodeHTML(decodeHTML(text)));
}

/** How captions were cleaned up before they were repaired: tokenizers made then are read so still. */
export function cleanUnrepairedCaption(caption: string): string {
  return lowerWords(decodeHTML(decodeHTML(caption)));
}

function lowerWords(text: string): string {
  return text.replace(whiteSpace, ' ').replace(/^ | $/g, '').toLowerCase();
}

/**
 * Python's; JavaScript's \s has no separators of information (1c to 1f) and no line end of 85, but the byte order mark.
 */
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

function repaired(text: string): string {
  const unescaped = text.includes('<') ? text : decodeHTMLStrict(text);
  return readC1AsWindows1252(repairMojibake(unescaped))
    .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ\uff01-\uffef]/g, (character) => (character === 'ﬅ' ? 'ſt' : character.normalize('NFKC')))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\x1b\[[\d;]*[a-zA-Z]/g, '') // colours of a terminal
    .replace(/[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '')
    .normalize('NFC');
}

// Letters together, digits one by one, everything else that is not space together. Source: openai/CLIP
// simple_tokenizer.py.
const wordPattern = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^ \p{L}\p{N}]+/giu;

/** The words of a cleaned caption, in order. */
export function wordsOf(cleaned: string): string[] {
  return cleaned.match(wordPattern) ?? [];
}
