import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';

const block = 512;

export async function tarOf(
  members: Readonly<Record<string, Uint8Array | string>>,
  header: Partial<Header> = {},
): Promise<Buffer> {
  const tar = pack();
  const written = buffer(tar);
  for (const [name, bytes] of Object.entries(members))
    tar.entry({ mtime: new Date(0), ...header, name }, Buffer.from(bytes as Uint8Array));
  tar.finalize();
  return written;
}

/** Offsets of the members' headers in a valid archive. */
export function headersOf(tar: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + block <= tar.length && tar[at] !== 0;) {
    found.push(at);
    const bytes = parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    at += block + Math.ceil(bytes / block) * block;
  }
  return found;
}

/** Corrects the checksum of the header at `at`, so that a reader looks at what else was changed in it. */
export function resealHeader(tar: Buffer, at: number): void {
  tar.fill(' ', at + 148, at + 156);
  const sum = tar.subarray(at, at + block).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
}
