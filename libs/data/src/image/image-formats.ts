/** A picture format that is read: the endings of its files, and how its first 12 bytes look in latin-1. */
interface ImageFormat {
  readonly name: string;
  readonly endings: readonly string[];
  readonly start: RegExp;
}

/** The formats that the decoder reads, in the order in which a sample of a tar chooses its picture. */
const readFormats: readonly ImageFormat[] = [
  { name: 'jpg', endings: ['jpg', 'jpeg', 'jpe', 'jfif'], start: /^\xff\xd8\xff/ },
  { name: 'png', endings: ['png'], start: /^\x89PNG\r\n\x1a\n/ },
  { name: 'webp', endings: ['webp'], start: /^RIFF.{4}WEBP/s },
  { name: 'gif', endings: ['gif'], start: /^GIF8[79]a/ },
  { name: 'tiff', endings: ['tif', 'tiff'], start: /^(?:II[*+]\0|MM\0[*+])/ },
  { name: 'avif', endings: ['avif'], start: /^.{4}ftyp/s },
];

/** Endings of picture formats that the decoder does not read: such files are named, not passed over in silence. */
const unreadEndings = new Set(
  (
    'bmp dib heic heif jxl jp2 j2k svg svgz eps psd xcf tga ico pcx ppm pgm pbm pnm exr hdr ' +
    'dng raw cr2 cr3 nef arw orf rw2 raf pdf'
  ).split(' '),
);

/** `jpg, png … and avif`, for messages. */
export const readFormatNames = listOf('conjunction');
/** `jpg, png … or avif`. */
export const anyFormatName = listOf('disjunction');

function listOf(type: 'conjunction' | 'disjunction'): string {
  return new Intl.ListFormat('en-GB', { type }).format(readFormats.map(({ name }) => name));
}

/** Endings of files that are taken for pictures, by preference. */
export const imageEndings = readFormats.flatMap(({ endings }) => endings);

const endingSet = new Set(imageEndings);

/** Is this the name of a picture that can be read? */
export function isImageName(name: string): boolean {
  return endingSet.has(endingOf(name));
}

/** Why a file that is a picture by its name is not read; undefined if it is read, or no picture. */
export function unreadImage(name: string): string | undefined {
  const ending = endingOf(name);
  return unreadEndings.has(ending) ? unreadEnding(ending) : undefined;
}

/** The same for an ending alone. */
export function isUnreadEnding(ending: string): boolean {
  return unreadEndings.has(ending);
}

/** Says that pictures with this ending are not read, and what to do. */
export function unreadEnding(ending: string): string {
  return `Pictures of the kind ${ending} are not read: convert it to png. Read are ${readFormatNames}.`;
}

/**
 * The format of a file by its first bytes, because names can be wrong. Other formats that libvips reads are not used
 * for photos, and an SVG of a few bytes can take hours and all memory.
 */
export function formatOf(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString('latin1');
  return readFormats.find((format) => format.start.test(start))?.name;
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}
