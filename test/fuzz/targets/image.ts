import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '#data/image/decode-image.js';
import { storedImage } from '#data/prepare/stored-image.js';
import type { Chance } from '../chance.js';
import { mutateBytes, overwriteNumber } from '../mutate-bytes.js';
import { mutateText } from '../mutate-document.js';
import { readByEach, type Target } from '../target.js';

const svgs = [
  '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="16" viewBox="0 0 24 16"><g ' +
    'transform="rotate(10)"><rect width="20" height="9" fill="#f00"/></g></svg>',
  [
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;&a;">]>',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="24" height="16"><defs>',
    '<filter id="f"><feGaussianBlur stdDeviation="2"/></filter>',
    '<pattern id="p" width="2" height="2"><path d="M0 0L9 9"/></pattern></defs>',
    '<image xlink:href="file:///etc/passwd" width="9" height="9"/><use xlink:href="#f"/>',
    '<text font-size="8" filter="url(#f)">&b;</text><rect width="9" height="9" fill="url(#p)"/></svg>',
  ].join(''),
];

/** Images of every format that is read. */
export const image: Target = {
  cases: 300,
  async open() {
    const pixels = Uint8Array.from({ length: 24 * 16 * 4 }, (_, i) => (i * 37) % 251);
    const picture = (): Sharp =>
      sharp(pixels, { raw: { width: 24, height: 16, channels: 4 } }).withMetadata({ orientation: 6 });
    const frames = sharp(Buffer.concat([pixels, pixels]), {
      raw: { width: 24, height: 32, channels: 4, pageHeight: 16 },
    });
    const encoded = await Promise.all([
      picture().png().toBuffer(),
      picture().png({ palette: true, progressive: true }).toBuffer(),
      picture().jpeg().toBuffer(),
      picture().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
      picture().webp().toBuffer(),
      picture().webp({ lossless: true }).toBuffer(),
      frames.gif().toBuffer(),
      picture().tiff({ compression: 'lzw' }).toBuffer(),
      picture().tiff({ compression: 'jpeg', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
    ]);
    const seeds = [...encoded, ...svgs.map((svg) => Buffer.from(svg))];
    return {
      async run(chance) {
        const bytes = damaged(chance.pick(seeds), chance, seeds);
        await readByEach([
          () => decodeImage(bytes),
          () => decodeImage(bytes, 9),
          () => storedImage(bytes, { shortestSide: 9 }),
        ]);
      },
    };
  },
};

function damaged(seed: Buffer, chance: Chance, donors: readonly Buffer[]): Buffer {
  const isText = seed[0] === '<'.charCodeAt(0);
  if (isText && !chance.oneIn(4)) return Buffer.from(mutateText(seed.toString('utf8'), chance));
  if (seed[0] === 0x89 && !chance.oneIn(3)) return resealedPng(seed, chance);
  if (!chance.oneIn(3)) return mutateBytes(seed, chance, donors);
  // All of these formats have their sizes at the beginning.
  const bytes = Buffer.from(seed);
  overwriteNumber(bytes, chance.below(Math.min(64, bytes.length)), chance);
  return bytes;
}

/** A PNG with one changed chunk and a correct checksum. Otherwise a decoder would not look at the chunk. */
function resealedPng(seed: Buffer, chance: Chance): Buffer {
  const chunks: number[] = [];
  for (let at = 8; at < seed.length; at += 12 + seed.readUInt32BE(at)) chunks.push(at);
  const bytes = Buffer.from(seed);
  const at = chance.oneIn(2) ? 8 : chance.pick(chunks);
  const length = seed.readUInt32BE(at);
  const changes = 1 + chance.below(3);
  for (let i = 0; i < changes; i++)
    overwriteNumber(bytes.subarray(0, at + 8 + length), at + 4 + chance.below(4 + length), chance);
  bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 8 + length)), at + 8 + length);
  return bytes;
}
