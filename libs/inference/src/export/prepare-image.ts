/*
 * Prepares an image as the model saw images in training: upright, on white where it is transparent, its shorter side
 * resized (bicubic, antialiased), the middle cut out. It runs in browsers and, where sharp is installed, in Node.
 */

/** Width and height of the image that the model takes. `tandem export` writes the model's own here. */
const side = 224;

/** The arguments of transformers.js's RawImage: pixels [height, width, 3], width, height, channels. */
export type RawImageArguments = readonly [data: Uint8ClampedArray, width: number, height: number, channels: 3];

/**
 * Reads an image from a path (in Node), a URL, a Blob or its bytes. `new RawImage(...(await prepareImage('cat.jpg')))`
 * is what transformers.js takes; it has the model's size, so that nothing is resized again.
 */
export async function prepareImage(source: string | URL | Blob | Uint8Array): Promise<RawImageArguments> {
  const { pixels, channels, width, height, original } = await (isBrowser ? drawn(source) : decoded(source));
  const shorter = Math.min(...original);
  // Resize and crop in one step: the box of the middle, on whole pixels of the resized image.
  const resized = [Math.floor((side * original[0]) / shorter), Math.floor((side * original[1]) / shorter)] as const;
  const [scaleX, scaleY] = [width / resized[0], height / resized[1]];
  const columns = taps(half(resized[0] - side) * scaleX, scaleX, width);
  const rows = taps(half(resized[1] - side) * scaleY, scaleY, height);
  const image = new Uint8ClampedArray(side * side * 3);
  const blended = new Float64Array(width * 3);
  for (let y = 0; y < side; y++) {
    blended.fill(0);
    for (const [row, weight] of rows[y]!)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) blended[x * 3 + c]! += weight * pixels[(row * width + x) * channels + c]!;
    for (let x = 0; x < side; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (const [column, weight] of columns[x]!) sum += weight * blended[column * 3 + c]!;
        image[(y * side + x) * 3 + c] = sum;
      }
  }
  return [image, side, side, 3];
}

interface Pixels {
  readonly pixels: ArrayLike<number>;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** Width and height before the image was reduced to these pixels. */
  readonly original: readonly [number, number];
}

/** For each pixel of the result, the source pixels it is made of and their weights, which sum to 1. */
function taps(start: number, scale: number, sourceSize: number): [place: number, weight: number][][] {
  const filterScale = Math.max(scale, 1);
  const count = Math.ceil(4 * filterScale);
  return Array.from({ length: side }, (_, i) => {
    const center = Math.min(Math.max(start + (i + 0.5) * scale, 0), sourceSize);
    const from = Math.min(Math.max(Math.floor(center - 2 * filterScale + 0.5), 0), Math.max(0, sourceSize - count));
    const places = Array.from({ length: Math.min(count, sourceSize) }, (__, t) => from + t);
    const weights = places.map((place) => bicubic((place + 0.5 - center) / filterScale));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return places.map((place, t) => [place, weights[t]! / sum]);
  });
}

function bicubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}

/** Half of an extent, with ties rounded to even. */
function half(extent: number): number {
  const value = extent / 2;
  return Number.isInteger(value) ? value : 2 * Math.round(value / 2);
}

/** What browsers have and Node has not. */
interface Browser {
  createImageBitmap?(blob: Blob): Promise<{ readonly width: number; readonly height: number }>;
  readonly OffscreenCanvas: new (width: number, height: number) => { getContext(kind: '2d'): Canvas };
}
interface Canvas {
  fillStyle: string;
  fillRect(x: number, y: number, width: number, height: number): void;
  drawImage(image: unknown, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}
const browser = globalThis as unknown as Browser;
const isBrowser = browser.createImageBitmap !== undefined;

/** Pixels as a browser draws them on a white canvas. */
async function drawn(source: string | URL | Blob | Uint8Array): Promise<Pixels> {
  const image = await browser.createImageBitmap!(await blobOf(source));
  const { width, height } = image;
  const canvas = new browser.OffscreenCanvas(width, height).getContext('2d');
  canvas.fillStyle = 'white';
  canvas.fillRect(0, 0, width, height);
  canvas.drawImage(image, 0, 0);
  return {
    pixels: canvas.getImageData(0, 0, width, height).data,
    channels: 4,
    width,
    height,
    original: [width, height],
  };
}

async function blobOf(source: string | URL | Blob | Uint8Array): Promise<Blob> {
  if (source instanceof Blob) return source;
  if (source instanceof Uint8Array) return new Blob([source]);
  const response = await fetch(source);
  if (!response.ok) throw new Error(`prepareImage: expected an image at ${String(source)}, got ${response.status}`);
  return response.blob();
}

/** Pixels as sharp decodes them, in the way the training did. */
async function decoded(source: string | URL | Blob | Uint8Array): Promise<Pixels> {
  // Names in variables, so that a bundler for browsers does not look for these.
  const [sharpName, filesName] = ['sharp', 'node:fs/promises'];
  const { default: sharp } = (await import(sharpName)) as typeof import('sharp');
  const isPath = typeof source === 'string' && !/^(https?|data|blob):/.test(source);
  const bytes = isPath
    ? await ((await import(filesName)) as typeof import('node:fs/promises')).readFile(source)
    : Buffer.from(await (await blobOf(source)).arrayBuffer());
  const header = await sharp(bytes).metadata();
  const { width, height } = header.autoOrient;
  const image = sharp(bytes).autoOrient().flatten({ background: 'white' }).toColourspace('srgb').removeAlpha();
  const scale = (4 * side) / Math.min(width, height);
  if (scale < 1) {
    // A JPEG that libjpeg cannot cut into whole blocks is decoded whole: sharp would stretch what it cuts off.
    if (header.format === 'jpeg' && (width % 8 !== 0 || height % 8 !== 0))
      image.extract({ left: 0, top: 0, width, height });
    image.resize({
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      fit: 'fill',
      kernel: 'cubic',
    });
  }
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { pixels: data, channels: info.channels, width: info.width, height: info.height, original: [width, height] };
}
