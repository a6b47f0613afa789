// Goal: Tandem, and the script beside its ONNX exports, see a picture as open_clip's evaluation does.
// Method: files that Pillow wrote, with what torchvision's resize and crop made of them (make_pictures.py).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pictureDifferences, pictureFolder, readExpectedPictures } from './pictures.js';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tandem-pictures-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe("torchvision's picture", async () => {
  const { pictures } = await readExpectedPictures(pictureFolder);
  it.each(pictures)('of $name at $side pixels is seen to 2 of 255', async (picture) => {
    const { seen, prepared } = await pictureDifferences(pictureFolder, picture, scratch);
    expect(seen).toBeLessThan(2);
    expect(prepared).toBeLessThanOrEqual(2);
  });
});
