import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * A TrueType font of the picture, and the width of text set in it. resvg could measure text too, but takes 2 ms a text
 * because it loads the font files each time, and cutting one label to size asks dozens of times.
 */
export interface Font {
  readonly file: string;
  /** Width of a text at a font size, in the same unit as the size; without kerning. */
  width(text: string, size: number): number;
  /** The text, or as much of its start as fits into `width` with an ellipsis after it. */
  fit(text: string, size: number, width: number): string;
}

/** Regular and bold font of the picture. They come from an npm package, so it looks the same on every machine. */
export function pictureFonts(): { readonly regular: Font; readonly bold: Font } {
  const { resolve } = createRequire(import.meta.url);
  return {
    regular: openFont(resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf')),
    bold: openFont(resolve('dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf')),
  };
}

function openFont(file: string): Font {
  const bytes = readFileSync(file);
  const table = tablesOf(bytes);
  const unitsPerEm = bytes.readUInt16BE(table('head') + 18);
  const metrics = bytes.readUInt16BE(table('hhea') + 34);
  const glyphOf = characterMap(bytes, table('cmap'));
  const advance = (codePoint: number): number =>
    bytes.readUInt16BE(table('hmtx') + 4 * Math.min(glyphOf(codePoint), metrics - 1));
  const width = (text: string, size: number): number =>
    [...text].reduce((sum, character) => sum + advance(character.codePointAt(0) ?? 0), 0) * (size / unitsPerEm);
  return {
    file,
    width,
    fit(text, size, room) {
      if (width(text, size) <= room) return text;
      const characters = [...text];
      while (characters.length > 0 && width(`${characters.join('')}…`, size) > room) characters.pop();
      return `${characters.join('').trimEnd()}…`;
    },
  };
}

/** Offset in bytes of each table of a font, by the table's tag. Source: OpenType, "Font file". */
function tablesOf(bytes: Buffer): (tag: string) => number {
  const entries = Array.from({ length: bytes.readUInt16BE(4) }, (_, index) => {
    const at = 12 + 16 * index;
    return [bytes.toString('latin1', at, at + 4), bytes.readUInt32BE(at + 8)] as const;
  });
  const offsets = new Map(entries);
  return (tag) => {
    const offset = offsets.get(tag);
    if (offset === undefined)
      throw new RangeError(`font: expected a table '${tag}', got ${[...offsets.keys()].join(' ')}`);
    return offset;
  };
}

/** The glyph of a code point; 0, the missing glyph, where the font has none. Source: OpenType, "cmap", format 12. */
function characterMap(bytes: Buffer, cmap: number): (codePoint: number) => number {
  const subtables = Array.from(
    { length: bytes.readUInt16BE(cmap + 2) },
    (_, index) => cmap + bytes.readUInt32BE(cmap + 4 + 8 * index + 4),
  );
  const full = subtables.find((at) => bytes.readUInt16BE(at) === 12);
  if (full === undefined) throw new RangeError('font: expected a character map of format 12, got none');
  const groups = Array.from({ length: bytes.readUInt32BE(full + 12) }, (_, index) => {
    const at = full + 16 + 12 * index;
    return { first: bytes.readUInt32BE(at), last: bytes.readUInt32BE(at + 4), glyph: bytes.readUInt32BE(at + 8) };
  });
  return (codePoint) => {
    const group = groups.find(({ first, last }) => codePoint >= first && codePoint <= last);
    return group ? group.glyph + codePoint - group.first : 0;
  };
}
