// Goal: `tandem export` and the JavaScript that the README shows do what it says.
// Method: the real command on a checkpoint made here; the README's own lines, run by Node in a folder of their own.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluationImage } from '#data/image/evaluation-image.js';
import { pixelMean, pixelStd } from '#data/image/normalisation.js';
import { startCommand } from '../support/command.js';
import { root } from '../support/source-files.js';
import { squareImage, tinyClipConfig } from '../support/models/tiny-clip.js';
import { writeTinyCheckpoint } from '../support/models/tiny-checkpoint.js';

let folder: string;
let checkpoint: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-export-'));
  checkpoint = await writeTinyCheckpoint(folder);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: unknown; output: string; json: () => unknown }> {
  const command = await startCommand(args);
  const code = await command.exit;
  const [output, stdout] = [command.output(), command.stdout()];
  await command.close();
  return { code, output, json: () => JSON.parse(stdout) as unknown };
}

describe('tandem export', () => {
  it("writes a folder from which the README's code gets the probabilities of `tandem predict`", async () => {
    const exported = await run('export', checkpoint, '--onnx', join(folder, 'my-clip'));
    expect(exported).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        /\d [kM]B\s+onnx\/vision_model\.onnx[\s\S]*image\.onnx is onnx\/vision_model\.onnx/,
      ) as string,
    });

    await writeFile(
      join(folder, 'cat.jpg'),
      await sharp(await squareImage('orange', 16))
        .jpeg()
        .toBuffer(),
    );
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, lines] = /```js\n([^`]*@huggingface\/transformers[^`]*)```/.exec(readme)!;
    const printed = lines!
      .replace('console.log(await classify(', 'console.log(JSON.stringify(await classify(')
      .replace(/\);\s*$/, '));');
    await writeFile(join(folder, 'classify.mjs'), printed);
    const { stdout } = await promisify(execFile)(process.execPath, ['classify.mjs'], { cwd: folder });
    const theirs = JSON.parse(stdout) as { label: string; score: number }[];

    const predicted = await run(
      'predict',
      '--checkpoint',
      checkpoint,
      '--image',
      join(folder, 'cat.jpg'),
      '--labels',
      'a cat,a dog',
      '--template',
      'a photo of {}.',
      '--json',
    );
    const { predictions } = predicted.json() as { predictions: { label: string; probability: number }[] };
    expect(theirs.map(({ label }) => label)).toEqual(predictions.map(({ label }) => label));
    predictions.forEach(({ probability }, at) => expect(theirs[at]!.score).toBeCloseTo(probability, 5));
  });

  it.each([
    ['transparent', (image: Sharp) => image.ensureAlpha(0.3).png()],
    ['grey and transparent', (image: Sharp) => image.ensureAlpha(0.4).toColourspace('b-w').png()],
    ['grey', (image: Sharp) => image.removeAlpha().greyscale().png()],
    ['of a palette', (image: Sharp) => image.png({ palette: true, colours: 16 })],
    ['of 16 bits', (image: Sharp) => image.toColourspace('rgb16').png()],
    ['a wide JPEG', (image: Sharp) => image.flatten({ background: 'red' }).resize(90, 40, { fit: 'fill' }).jpeg()],
    ['a large photo', (image: Sharp) => image.removeAlpha().resize(403, 269, { fit: 'fill' }).jpeg()],
    ['a large photo of whole blocks', (image: Sharp) => image.removeAlpha().resize(408, 272, { fit: 'fill' }).jpeg()],
    [
      'a large photo that is turned',
      (image: Sharp) =>
        image.removeAlpha().resize(1201, 801, { fit: 'fill' }).withMetadata({ orientation: 6 }).jpeg({ quality: 60 }),
    ],
  ] as const)('prepare-image.js sees an image that is %s as `tandem predict` does', async (_, written) => {
    const pixels = Uint8Array.from({ length: 40 * 30 * 4 }, (__, at) => (at * 37 + (at >> 5) * 11) % 256);
    const file = await written(sharp(pixels, { raw: { width: 40, height: 30, channels: 4 } })).toBuffer();
    const { prepareImage } = (await import(join(folder, 'my-clip/prepare-image.js'))) as {
      prepareImage(source: Uint8Array): Promise<[Uint8ClampedArray, number, number, number]>;
    };
    const side = tinyClipConfig.vision_cfg.image_size;
    const [data, ...shape] = await prepareImage(file);
    expect(shape).toEqual([side, side, 3]);
    const expected = await evaluationImage(file, side);
    const seen = Float32Array.from(data, (value, at) => (value / 255 - pixelMean[at % 3]!) / pixelStd[at % 3]!);
    // Half of a level of 255, by which bytes are rounded, over the standard deviation.
    const rounding = 0.51 / 255 / Math.min(...pixelStd);
    expect(Math.max(...seen.map((value, at) => Math.abs(value - expected[at]!)))).toBeLessThan(rounding);
  });

  it('says what prevents the export, and what --force does', async () => {
    const again = await run('export', checkpoint, '--onnx', folder);
    expect(again).toMatchObject({
      code: 2,
      output: expect.stringMatching(/Expected a new or empty folder at .*found [\s\S]*add --force/) as string,
    });
    expect(await run('export', join(folder, 'nowhere'), '--onnx', join(folder, 'x'))).toMatchObject({
      code: 2,
      output: expect.stringContaining('Expected a checkpoint at') as string,
    });
  });
});
