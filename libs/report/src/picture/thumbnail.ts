import sharp from 'sharp';

/**
 * An image as a data URI, at most `side` pixels on its longer side. PNG is what the picture's renderer reads, WebP is
 * smaller and for the page. Undefined where the bytes are no image: a report is not lost over one bad file.
 */
export async function thumbnail(image: Uint8Array, side: number, format: 'png' | 'webp'): Promise<string | undefined> {
  try {
    const sized = sharp(image).rotate().resize(side, side, { fit: 'inside', withoutEnlargement: true });
    const bytes = await (format === 'png' ? sized.png({ palette: false }) : sized.webp({ quality: 88 })).toBuffer();
    return `data:image/${format};base64,${bytes.toString('base64')}`;
  } catch {
    return undefined;
  }
}
