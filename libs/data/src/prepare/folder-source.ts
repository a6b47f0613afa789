import { readdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { imageFileBytesMax, sidecarBytesMax } from '#protocol/input/input-limits.js';
import { readRegularFile } from '#store/file/regular-file.js';
import { mergeSidecars, sidecarFromJson, sidecarFromText, type Sidecar } from './sidecar.js';
import { isImageName, type SampleSource } from './source-sample.js';

/** A folder of images, at any depth, each with a .txt or .json file of the same name beside it. */
export interface FolderSource {
  readonly kind: 'folder';
  readonly path: string;
  /**
   * Use the folder of an image as its group. An image without a caption file then has the folder's name as its caption.
   */
  readonly groupByFolder?: boolean;
}

/** Yields the samples in ascending order of their paths. */
export async function* folderSamples({ path, groupByFolder = false }: FolderSource): SampleSource {
  const files = (await readdir(path, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
    .sort();
  const present = new Set(files);
  for (const file of files.filter(isImageName)) {
    yield {
      origin: file,
      async read() {
        const beside = await sidecarOf(path, file, present);
        const image = await readRegularFile(join(path, file), imageFileBytesMax);
        if (!groupByFolder) return { image, ...beside };
        const group = basename(dirname(join(path, file)));
        return { image, captions: beside.captions.length === 0 ? [group] : beside.captions, group };
      },
    };
  }
}

async function sidecarOf(path: string, file: string, present: ReadonlySet<string>): Promise<Sidecar> {
  const stem = file.replace(/\.[^./\\]+$/, '');
  let sidecar: Sidecar = { captions: [] };
  if (present.has(`${stem}.json`))
    sidecar = sidecarFromJson(
      await readRegularFile(join(path, `${stem}.json`), sidecarBytesMax),
      join(path, `${stem}.json`),
    );
  if (present.has(`${stem}.txt`))
    sidecar = mergeSidecars(
      sidecar,
      sidecarFromText(await readRegularFile(join(path, `${stem}.txt`), sidecarBytesMax)),
    );
  return sidecar;
}
