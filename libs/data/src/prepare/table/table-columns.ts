import { shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isImageName } from '../../image/image-formats.js';

/** The columns of a table that are read: names of its heading, or numbers from 1 where it has none. */
export interface ColumnOptions {
  /** What the image column holds; paths if left out. */
  readonly images?: 'paths' | 'urls' | undefined;
  readonly imageColumn?: string | undefined;
  /** Several with commas between: each of their texts is a caption. */
  readonly captionColumn?: string | undefined;
  readonly groupColumn?: string | undefined;
  readonly hasHeading?: boolean | undefined;
}

/** Where the columns are in a row, from 0. */
export interface TableColumns {
  readonly image: number;
  readonly captions: readonly number[];
  readonly group: number | undefined;
  /** What was guessed, in words; undefined if nothing was. */
  readonly guess: string | undefined;
}

/** Names of columns that need not be said, in small letters. The first is open_clip's and goes before the others. */
const imageNames = (
  'filepath file_path filename file_name file path image img image_path image_name image_file img_path ' +
  'image_filename'
).split(' ');
/** Names of columns with addresses. */
const urlNames = 'url urls image_url image_urls imageurl img_url link image_link uri image_uri coco_url'.split(' ');
const captionNames = 'title caption text comment description sentence prompt raw'.split(' ');

interface Wanted {
  readonly option: string;
  /** What people named. */
  readonly name: string | undefined;
  readonly known: readonly string[];
}

function wantedOf({ images, imageColumn, captionColumn, groupColumn }: ColumnOptions): Wanted[] {
  const image =
    images === 'urls'
      ? { option: '--url-column', name: imageColumn, known: urlNames }
      : { option: '--image-column', name: imageColumn, known: imageNames };
  return [
    image,
    { option: '--caption-column', name: captionColumn, known: captionNames },
    ...(groupColumn === undefined ? [] : [{ option: '--group-column', name: groupColumn, known: [] }]),
  ];
}

/** A column whose name has commas goes before several columns. */
function partsOf(heading: readonly string[], wanted: Wanted): Wanted[] {
  const { name, option } = wanted;
  if (option !== '--caption-column' || !name?.includes(',') || placesOf(heading, wanted).length > 0) return [wanted];
  return name.split(',').map((part) => ({ ...wanted, name: part.trim() }));
}

/** Does a heading have all columns that are read? */
export function hasColumns(heading: readonly string[], options: ColumnOptions): boolean {
  return wantedOf(options)
    .flatMap((wanted) => partsOf(heading, wanted))
    .every((wanted) => placesOf(heading, wanted).length > 0);
}

/** The places in a heading that a column may have. */
function placesOf(heading: readonly string[], { name, known }: Wanted): number[] {
  const named = (isIt: (cell: string) => boolean): number[] =>
    heading.flatMap((cell, place) => (isIt(cell.trim()) ? [place] : []));
  if (name !== undefined) return named((cell) => cell === name.trim());
  const first = named((cell) => cell === known[0]);
  return first.length > 0 ? first : named((cell) => known.includes(cell.toLowerCase()));
}

/**
 * Finds the columns by the first row. Throws DATA_INVALID where one is missing, is there twice, or is one of several
 * that may be meant.
 */
export function tableColumns(firstRow: readonly string[], options: ColumnOptions, path: string): TableColumns {
  return options.hasHeading === false ? byNumber(firstRow, options, path) : byName(firstRow, options, path);
}

function byName(heading: readonly string[], options: ColumnOptions, path: string): TableColumns {
  const [images, texts, groups] = wantedOf(options).map((wanted) => partsOf(heading, wanted));
  const wanted = [images!, texts!, groups ?? []].flat();
  const missing = wanted.filter((one) => placesOf(heading, one).length === 0);
  if (missing.length > 0) throw missingColumns(path, missing, heading, options);
  const placeOf = (one: Wanted): number => onlyPlace(heading, one, path);
  const [image, captions, group] = [placeOf(images![0]!), texts!.map(placeOf), groups?.map(placeOf)[0]];
  const names = (place: number): string => heading[place]!.trim();
  const isUsual =
    (options.imageColumn !== undefined || names(image) === images![0]!.known[0]) &&
    (options.captionColumn !== undefined || names(captions[0]!) === captionNames[0]);
  const guess = isUsual
    ? undefined
    : `columns ${names(image)} for ${imagesName(options)}, ${captions.map(names).join(', ')} for captions`;
  return { image, captions, group, guess };
}

function onlyPlace(heading: readonly string[], wanted: Wanted, path: string): number {
  const places = placesOf(heading, wanted);
  if (places.length === 1) return places[0]!;
  const names = [...new Set(places.map((place) => heading[place]!.trim()))];
  const numbers = places.map((place) => place + 1).join(' and ');
  throw names.length === 1
    ? invalid(`Expected the column ${names[0]} once in ${path}, got it at ${numbers}.`, 'Rename the others.')
    : invalid(
        `Expected one column for ${wanted.option} in ${path}, got ${shownNames(names)}.`,
        `Name it: ${wanted.option} ${names[0]}.`,
      );
}

/** Without a heading: columns by their numbers, or the only one with names of pictures and the other one. */
function byNumber(row: readonly string[], options: ColumnOptions, path: string): TableColumns {
  const [images, texts, groups] = wantedOf(options).map(({ name, option }) =>
    name?.split(',').map((part) => placeOf(part.trim(), option)),
  );
  const isImage =
    options.images === 'urls'
      ? isUrl
      : (cell: string): boolean => isImageName(withoutNumber(cell.trim())) || isUrl(cell);
  const pictures = row.flatMap((cell, place) => (isImage(cell) ? [place] : []));
  const image = images?.[0] ?? (pictures.length === 1 ? pictures[0] : undefined);
  const others = row.flatMap((_, place) => (place === image ? [] : [place]));
  const captions = texts ?? (image !== undefined && others.length === 1 ? others : undefined);
  const option = options.images === 'urls' ? '--url-column' : '--image-column';
  if (image === undefined || captions === undefined)
    throw invalid(
      `Expected to see which columns of ${path} are ${imagesName(options)} and captions, ` + `got ${shownCells(row)}.`,
      `Name them by their numbers: ${option} 1 --caption-column 2.`,
    );
  const last = Math.max(image, ...captions, groups?.[0] ?? 0);
  if (last >= row.length)
    throw invalid(
      `Expected ${last + 1} columns in ${path}, got ${row.length}: ${shownCells(row)}.`,
      'Name columns by their numbers: the first is 1.',
    );
  const numbers = captions.map((place) => place + 1).join(', ');
  const guess =
    images && texts ? undefined : `column ${image + 1} for ${imagesName(options)}, column ${numbers} for captions`;
  return { image, captions, group: groups?.[0], guess };
}

function placeOf(name: string, option: string): number {
  if (/^[1-9]\d{0,5}$/.test(name)) return Number(name) - 1;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Expected the number of a column with ${option}, got ${shownName(name)}: the table has no heading.`,
    help: 'The first column is 1. Leave out --no-header if the first row has the names of the columns.',
  });
}

function imagesName({ images }: ColumnOptions): string {
  return images === 'urls' ? 'URLs' : 'paths';
}

/** The name of a picture without the number of a caption, as Flickr's lists have it: `1.jpg` for `1.jpg#0`. */
export function withoutNumber(cell: string): string {
  const name = cell.replace(/#\d+$/, '');
  return isImageName(name) ? name : cell;
}

/** Is this cell the address of something on the web? */
export function isUrl(cell: string): boolean {
  return /^\s*https?:\/\//i.test(cell);
}

function missingColumns(
  path: string,
  missing: readonly Wanted[],
  heading: readonly string[],
  { images }: ColumnOptions,
): TandemError {
  const names = missing.map(({ name, known, option }) => `${name ?? known[0]} (${option})`).join(', ');
  const isOfUrls = images === 'urls';
  const utf16 = heading[0]?.startsWith('\0') ? 'utf-16be' : 'utf-16le';
  const help = heading.some((cell) => cell.includes('\0'))
    ? `The text looks like UTF-16 without the mark that says so: say --encoding ${utf16}.`
    : heading.some((cell) => isImageName(withoutNumber(cell)) || isUrl(cell))
      ? 'The first row looks like a pair: if the table has no heading, say --no-header.'
      : !isOfUrls && heading.some((cell) => urlNames.includes(cell.trim().toLowerCase()))
        ? 'The pictures are at URLs. Fetch them first with `tandem dataset download`, and prepare what it writes.'
        : 'Name the columns with these options, or the character between cells with --separator. Without the options ' +
          `${imagesName({ images })} are in ${(isOfUrls ? urlNames : imageNames).slice(0, 8).join(', ')} …, ` +
          `captions in ${captionNames.join(', ')}.`;
  return invalid(
    `Expected the column${missing.length > 1 ? 's' : ''} ${names} in ${path}, got ${shownCells(heading)}.`,
    help,
  );
}

/** The refusal of a table whose first row cannot be read. */
export function noFirstRow(path: string, line: number, reason: string): TandemError {
  return invalid(
    `Expected the names of columns in ${path}, got no row of headings at line ${line}: ${reason}`,
    'Mend that line, or say --no-header if it is no heading.',
  );
}

function shownCells(cells: readonly string[]): string {
  return shownNames(cells.map((cell) => cell.trim()));
}

function invalid(message: string, help: string): TandemError {
  return new TandemError({ code: ErrorCode.DataInvalid, message, help });
}
