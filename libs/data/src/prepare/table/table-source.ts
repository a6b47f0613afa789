import { badSample, type SampleSource, type SourceReport } from '../source-sample.js';
import { readTableImage } from './image-path.js';
import { tablePictures } from './table-pictures.js';
import type { PairTable } from './table-rows.js';

/** A table whose pictures are files. */
export interface TableSource extends PairTable {
  readonly kind: 'table';
  /** What paths are relative to; the folder of the table if left out. */
  readonly imageFolder?: string | undefined;
}

/** Yields the samples of a table, in the order in which its pictures first appear. */
export async function* tableSamples(source: TableSource, report: SourceReport): SampleSource {
  for await (const picture of tablePictures(source, report)) {
    if (picture.kind === 'unusable') yield badSample(`${source.path}, line ${picture.line}`, picture.reason);
    else {
      const { path: origin, captions, group, image } = picture;
      const read = async (): ReturnType<typeof readTableImage> =>
        image ? { image, changes: [] } : readTableImage(origin, source);
      yield { origin, read: async () => ({ ...(await read()), captions, group }) };
    }
  }
}
