/**
 * The columns of YFCC100M's `yfcc100m_dataset`, which has no heading, with the names that its SQLite database has.
 * Since its second edition a line number comes first, and a hash after the id. Source: Thomee et al. 2016; the data
 * set's README.
 */
const columns = (
  'photoid uid unickname datetaken dateuploaded capturedevice title description usertags machinetags longitude ' +
  'latitude accuracy pageurl downloadurl licensename licenseurl serverid farmid secret secretoriginal ext marker'
).split(' ');
const [first, ...others] = columns;
const secondEdition = ['line', first!, 'hash', ...others];

/** What the CLIP paper took for captions. */
export const yfccCaptions = 'title,description';
export const yfccUrl = 'downloadurl';

/** The names of the columns if a first row is one of YFCC100M; else undefined. */
export function yfccColumns(row: readonly string[]): readonly string[] | undefined {
  const names = [columns, secondEdition].find(({ length }) => length === row.length);
  if (!names) return undefined;
  const at = (name: string): string => row[names.indexOf(name)]!;
  const isIt = /^\d+$/.test(at('photoid')) && /^https?:\/\//.test(at(yfccUrl)) && /^[01]$/.test(at('marker'));
  return isIt ? names : undefined;
}

/** Is a row that of a video? */
export function isYfccVideo(row: readonly string[]): boolean {
  return row.at(-1)?.trim() === '1';
}

/** A cell as it was before it was encoded for a URL; tags have a comma between them. */
export function yfccText(cell: string): string {
  return cell
    .split(',')
    .map((part) => decoded(part.replaceAll('+', ' ')))
    .join(', ');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
