import sharp from 'sharp';

/**
 * An image as a data URI, at most `side` pixels on its longer side. The page takes WebP, which is smaller; the picture
 * takes PNG, which resvg reads. Undefined where the bytes are no image: one bad file must not cost the report.
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
