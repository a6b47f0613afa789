import { decodeHTML, decodeHTMLStrict } from 'entities';
import { lowerWords, plainCharacters } from './caption-words.js';
import { readC1AsWindows1252, repairMojibake } from './mojibake.js';

/**
 * Cleans a caption as CLIP's tokenizer does. Text is repaired as ftfy does it: mojibake, typographic quotes to straight
 * ones, ligatures and full-width forms to plain letters, control characters removed, NFC. Then HTML entities are
 * decoded twice, because web captions are often escaped twice, runs of white space become one space, and everything is
 * lower case. Source: openai/CLIP simple_tokenizer.py, basic_clean and whitespace_clean; ftfy 6, fix_text.
 */
export function cleanCaption(caption: string): string {
  return lowerWords(decodeHTML(decodeHTML(repairedText(caption))));
}

/** Does a caption hold mojibake that `cleanCaption` repairs? */
export function isRepaired(caption: string): boolean {
  return /[\x80-\uffff]/.test(caption) && linesOf(caption).some((line) => readable(line) !== line);
}

/**
 * The clean-up of version 1 tokenizers, without repairs. They still need it to read captions as they were trained to.
 */
export function cleanUnrepairedCaption(caption: string): string {
  return lowerWords(decodeHTML(decodeHTML(caption)));
}

/** Line by line, and each line until nothing changes. From the first `<` on, entities are not decoded. */
function repairedText(caption: string): string {
  let isMarkup = false;
  return linesOf(caption)
    .map((line) => {
      isMarkup ||= line.includes('<');
      let [text, before] = [line, ''];
      while (text !== before)
        [text, before] = [plainCharacters(readable(isMarkup ? text : withoutEntities(text))), text];
      return text;
    })
    .join('');
}

/** Entities are decoded that end in a semicolon; in capitals too, as upper-cased text has them: `P&EACUTE;REZ`. */
function withoutEntities(text: string): string {
  return decodeHTMLStrict(text).replace(/&[A-Z][A-Z0-9]{0,23};/g, (entity) => {
    const [small, decoded] = [entity.toLowerCase(), decodeHTMLStrict(entity.toLowerCase())];
    return decoded === small ? entity : decoded.toUpperCase();
  });
}

function linesOf(text: string): string[] {
  return text.includes('\n') ? text.split(/(?<=\n)/) : [text];
}

function readable(line: string): string {
  return readC1AsWindows1252(repairMojibake(line));
}
