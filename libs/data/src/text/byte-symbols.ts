/**
 * The 256 bytes as printable characters, in CLIP's order: first the bytes that are printable themselves, then the
 * others as the characters from U+0100 on. The token id of byte b is its index here, plus 256 if it ends a word.
 * Source: openai/CLIP simple_tokenizer.py, bytes_to_unicode.
 */
export const byteSymbols: readonly string[] = orderedBytes().symbols;

/** Index of each byte in `byteSymbols`. */
export const placeOfByte: Uint8Array = orderedBytes().places;

/** Suffix of a symbol that ends a word. */
export const wordEnd = '</w>';

function orderedBytes(): { symbols: string[]; places: Uint8Array } {
  const printable = [...range(0x21, 0x7e), ...range(0xa1, 0xac), ...range(0xae, 0xff)];
  const rest = range(0x00, 0xff).filter((byte) => !printable.includes(byte));
  const places = new Uint8Array(256);
  [...printable, ...rest].forEach((byte, place) => (places[byte] = place));
  const symbols = [
    ...printable.map((byte) => String.fromCharCode(byte)),
    ...rest.map((_, i) => String.fromCharCode(0x100 + i)),
  ];
  return { symbols, places };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
