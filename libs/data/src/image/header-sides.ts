/**
 * The two sides, in pixels, that the header of a jpg, png or webp file states, before EXIF data turn the picture;
 * undefined where they are not found. It saves asking libvips, which takes 0.2 ms. Sources: ITU-T T.81, B.2.2; PNG,
 * 11.2.2; RFC 9649, 2.5 to 2.7.
 */
export function headerSides(bytes: Uint8Array, format: string | undefined): HeaderSides | undefined {
  try {
    const sides = sidesOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), format);
    return sides && Math.min(...sides) > 0 ? sides : undefined;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined; // The file ends before.
    throw thrown;
  }
}

type HeaderSides = readonly [number, number];

function sidesOf(view: DataView, format: string | undefined): HeaderSides | undefined {
  switch (format) {
    case 'jpg':
      return jpgSides(view);
    case 'png':
      return view.getUint32(12) === 0x49484452 /* 'IHDR' */ ? [view.getUint32(16), view.getUint32(20)] : undefined;
    case 'webp':
      return webpSides(view);
    default:
      return undefined;
  }
}

/** From the first frame header; the segments before it each say how long they are. */
function jpgSides(view: DataView): HeaderSides | undefined {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
  }
  return undefined;
}

function webpSides(view: DataView): HeaderSides | undefined {
  const least = (at: number, bits: number): number => view.getUint32(at, true) & (2 ** bits - 1);
  switch (view.getUint32(12)) {
    case 0x56503820: // 'VP8 '
      return [least(26, 14), least(28, 14)];
    case 0x5650384c: // 'VP8L'
      return [1 + least(21, 14), 1 + (least(21, 28) >> 14)];
    case 0x56503858: // 'VP8X'
      return [1 + least(24, 24), 1 + (least(26, 32) >>> 8)];
    default:
      return undefined;
  }
}
