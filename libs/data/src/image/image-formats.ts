/** A picture format that is read: the endings of its files, and how its first bytes look in latin-1. */
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
  { name: 'avif', endings: ['avif'], start: /^.{4}ftyp.*avi[fs]/s }, // Among the brands that it names.
];

/** What else files are that are given for pictures, by their first bytes. */
const unreadFormats: readonly { readonly name: string; readonly start: RegExp; readonly isPicture?: false }[] = [
  {
    name: 'an SVG drawing',
    start: /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?(?:-->|$)\s*)*<(?:!DOCTYPE )?svg/is,
  },
  {
    name: 'an HTML page',
    start: /^(?:\xef\xbb\xbf)?\s*(?:<!--.*?(?:-->|$)\s*)*<(?:!DOCTYPE html|html|head|body)/is,
    isPicture: false,
  },
  { name: 'a BMP picture', start: /^BM/ },
  { name: 'an icon (ICO)', start: /^\0\0[\x01\x02]\0/ },
  { name: 'a HEIC picture', start: /^.{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)/s },
  { name: 'a JP2 picture', start: /^(?:\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/ },
  { name: 'a JPEG XL picture', start: /^(?:\0\0\0\x0cJXL |\xff\x0a)/ },
  { name: 'a Photoshop file', start: /^8BPS/ },
  { name: 'a PDF', start: /^%PDF/, isPicture: false },
  { name: 'PostScript', start: /^%!PS/, isPicture: false },
  { name: 'compressed by gzip', start: /^\x1f\x8b/, isPicture: false },
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
  const start = startOf(bytes);
  return readFormats.find((format) => format.start.test(start))?.name;
}

/** What a file is whose format is not read, and the cure: `a BMP picture: convert it to png`. */
export function unreadFormatOf(bytes: Uint8Array): string {
  const start = startOf(bytes);
  const format = unreadFormats.find((each) => each.start.test(start));
  if (format === undefined) return `of another format than ${readFormatNames}`;
  return format.isPicture === false ? `${format.name}, no picture` : `${format.name}: convert it to png`;
}

function startOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, startBytes)).toString('latin1');
}

/** Enough for the brands of an AVIF and what stands before an SVG. */
const startBytes = 256;

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1).toLowerCase();
}
