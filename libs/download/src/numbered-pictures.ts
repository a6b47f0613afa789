import { tablePictures } from '#data/prepare/table/table-pictures.js';
import type { PairTable } from '#data/prepare/table/table-rows.js';
import type { DownloadBook } from './download-account.js';
import type { WantedPicture } from './picture/downloaded-picture.js';
import { pictureKey } from './shards/shard-names.js';

/** A picture of the list, with the number of its shard and its place there. */
export interface NumberedPicture extends WantedPicture {
  readonly number: number;
  readonly index: number;
}

/** Yields the pictures of the list in its order. Rows that name none go into the book. */
export async function* numberedPictures(
  list: PairTable,
  shardPictures: number,
  book: Pick<DownloadBook, 'leaveOut'>,
  report: Parameters<typeof tablePictures>[1],
): AsyncGenerator<NumberedPicture> {
  let place = 0;
  for await (const picture of tablePictures(list, report)) {
    if (picture.kind === 'unusable') {
      book.leaveOut(`${list.path}, line ${picture.line}`, picture.reason);
      continue;
    }
    const [number, index] = [Math.floor(place / shardPictures), place % shardPictures];
    place++;
    const { path, captions, group } = picture;
    yield { number, index, key: pictureKey(number, index), url: path.trim(), captions, group };
  }
}
