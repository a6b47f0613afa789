import { dirname } from 'node:path';
import { isImageName } from '../../image/image-formats.js';
import { isCaptionEnding } from '../sidecar/caption-keys.js';

/** A caption file in a folder. */
export interface FolderSidecar {
  readonly path: string;
  /** In small letters. */
  readonly ending: string;
}

/** The caption files of a folder by the pictures that they are beside. */
export interface FolderSidecars {
  /** Those of a picture: `a.jpg.txt` before `a.txt`. */
  of(image: string): readonly FolderSidecar[];
  /**
   * Those of no picture that was asked for. JSON in a folder without pictures of its own is stray: statistics and
   * descriptions that tools write.
   */
  unused(): readonly { readonly path: string; readonly isStray: boolean }[];
}

/** `captionKeys`: endings beside the usual ones. */
export function folderSidecars(paths: readonly string[], captionKeys?: readonly string[]): FolderSidecars {
  const byStem = new Map<string, FolderSidecar[]>();
  const withImages = new Set(paths.filter(isImageName).map(dirname));
  for (const path of paths.filter((path) => isSidecarName(path, captionKeys))) {
    const beside = byStem.get(stemOf(path)) ?? [];
    beside.push({ path, ending: endingOf(path) });
    byStem.set(stemOf(path), beside);
  }
  const used = new Set<string>();
  return {
    of(image) {
      const stems = [image, stemOf(image)];
      for (const stem of stems) if (byStem.has(stem)) used.add(stem);
      return stems.flatMap((stem) => byStem.get(stem) ?? []);
    },
    unused: () =>
      [...byStem].flatMap(([stem, files]) =>
        used.has(stem)
          ? []
          : files.map(({ path, ending }) => ({
              path,
              isStray: ending === 'json' && !withImages.has(dirname(path)),
            })),
      ),
  };
}

export function isSidecarName(path: string, captionKeys: readonly string[] = []): boolean {
  const ending = endingOf(path);
  return isCaptionEnding(ending) || captionKeys.includes(ending);
}

/** A path without its last ending. */
export function stemOf(path: string): string {
  return path.replace(/\.[^./\\]+$/, '');
}

function endingOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}
