/** How many bytes from the start of a file `fileKind` needs. */
export const fileKindBytes = 16;

const magics: readonly (readonly [string, string])[] = [
  ['\x1f\x8b', 'a gzip archive'],
  ['BZh', 'a bzip2 archive'],
  ['\xfd7zXZ\0', 'an xz archive'],
  ['\x28\xb5\x2f\xfd', 'a zstd archive'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['RIFF', 'a WebP image or other RIFF file'],
  ['%PDF', 'a PDF document'],
  ['\x89HDF', 'an HDF5 file, as Keras writes'],
  ['GGUF', 'a GGUF file, as llama.cpp reads'],
  ['ggml', 'a GGML file, as llama.cpp read'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x7fELF', 'a program (ELF)'],
  ['MZ', 'a program (PE)'],
  ['SQLite format 3', 'a SQLite database'],
  ['version https://', 'a pointer of Git LFS in place of the file'],
  ['<', 'a page of HTML or XML'],
  ['{', 'a JSON document'],
  ['[', 'a JSON document'],
];

/**
 * Describes the kind of a file by its first bytes. The bytes themselves are never shown, because the person who named
 * the file may not be allowed to read it.
 */
export function fileKind(start: Uint8Array): string {
  if (start.byteLength === 0) return 'an empty file';
  const text = Buffer.from(start).toString('latin1');
  const known = magics.find(([magic]) => text.startsWith(magic));
  if (known) return known[1];
  if (start.every((byte) => byte === 0)) return 'zeros';
  return start.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte < 0x7f))
    ? 'a file of text'
    : 'a file of another kind';
}
