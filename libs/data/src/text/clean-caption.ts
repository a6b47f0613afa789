import { decodeHTML, decodeHTMLStrict } from 'entities';
import { lowerWords, plainCharacters } from './caption-words.js';
import { readC1AsWindows1252, repairMojibake } from './mojibake.js';

/**
 * Cleans a caption as CLIP's tokenizer does. Text is repaired like ftfy does: mojibake, typographic quotes to straight
 * ones, ligatures and full-width forms to plain letters, control characters removed, NFC. Then HTML entities are
 * decoded twice, because web captions are often escaped twice, runs of white space become one space, and everything is
 * lower case. Only the kinds of mojibake that repairMojibake knows are repaired. Source: openai/CLIP
 * simple_tokenizer.py, basic_clean and whitespace_clean; ftfy 6, fix_text.
 */
export function cleanCaption(caption: string): string {
  let [text, before] = [caption, ''];
  while (text !== before) [text, before] = [repaired(text), text];
  return lowerWords(decodeHTML(decodeHTML(text)));
}

/** Does a caption hold mojibake that `cleanCaption` repairs? */
export function isRepaired(caption: string): boolean {
  return /[\x80-\uffff]/.test(caption) && readC1AsWindows1252(repairMojibake(caption)) !== caption;
}

/**
 * The clean-up of version 1 tokenizers, without repairs. They still need it to read captions as they were trained to.
 */
export function cleanUnrepairedCaption(caption: string): string {
  return lowerWords(decodeHTML(decodeHTML(caption)));
}

function repaired(text: string): string {
  const unescaped = text.includes('<') ? text : decodeHTMLStrict(text);
  return plainCharacters(readC1AsWindows1252(repairMojibake(unescaped)));
}
