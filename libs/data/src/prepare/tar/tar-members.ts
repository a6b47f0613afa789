import type { Header } from 'tar-stream';
import { extract } from 'tar-stream';
import { damagedTar, type TarFile } from './tar-file.js';

/** A file in a tar, or something else that has a name there. */
export interface TarMember {
  readonly name: string;
  /** Where its content begins in the tar. */
  readonly offset: number;
  readonly bytes: number;
  /** What it is where its content is not that of a file: a link, stored sparse, a device. */
  readonly problem?: string;
  /** Reads the content. Must be called before the next member is requested. */
  read(): Promise<Buffer>;
}

/** Yields the members of a tar in their order, folders left out. Throws DATA_INVALID if it is damaged. */
export async function* tarMembers(file: TarFile): AsyncGenerator<TarMember> {
  const { path } = file;
  // Tars of V7 have no word that names their format; a wrong checksum is refused all the same.
  // The library's types leave the option out.
  const tar = extract({ allowUnknownFormat: true } as Parameters<typeof extract>[0]);
  const stream = file.stream().on('error', (cause) => tar.destroy(cause));
  const end = lastBlock();
  stream.on('data', end.push);
  stream.pipe(tar);
  try {
    for await (const entry of tar) {
      // The header may claim any size, even a negative one. The tar reader goes by it, so the limit is checked against
      // it too.
      const { type, name, size, byteOffset, pax } = entry.header as unknown as FullHeader;
      const problem = problemOf(type, pax) ?? (type === null ? await unknownKind(file, byteOffset) : undefined);
      if (problem?.isEnd) throw new Error(`${name} is ${problem.what}`);
      if (type !== 'directory')
        yield {
          name: pax?.['GNU.sparse.name'] ?? name,
          offset: byteOffset,
          bytes: size,
          ...(problem && { problem: problem.what }),
          read: () => contentOf(entry, size).catch((cause: unknown) => Promise.reject(damagedTar(path, cause))),
        };
      entry.resume();
    }
  } catch (cause) {
    throw damagedTar(path, cause);
  } finally {
    stream.destroy();
  }
  // A tar that was cut off between two members reads well, but does not end with an empty block as all others do.
  if (!end.isEmpty()) throw damagedTar(path, new Error('it ends without an empty block, as if cut off'));
}

/** A header as the library gives it, of which its types leave out some. */
interface FullHeader extends Pick<Header, 'name' | 'size'> {
  readonly type: Header['type'] | null;
  readonly byteOffset: number;
  readonly pax?: Readonly<Record<string, string>> | null;
}

interface MemberProblem {
  readonly what: string;
  /** What comes after it cannot be read. */
  readonly isEnd?: boolean;
}

const sparse = 'stored sparse in the tar: pack it again without --sparse';

function problemOf(type: FullHeader['type'], pax: FullHeader['pax']): MemberProblem | undefined {
  if (type === 'file' || type === 'contiguous-file')
    return Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse.')) ? { what: sparse } : undefined;
  if (type === 'link') return { what: 'a hard link in the tar: pack it again with --hard-dereference' };
  if (type === 'symlink') return { what: 'a link in the tar: pack it again with --dereference' };
  return type === 'directory' || type === null ? undefined : { what: 'a device or a pipe, not a file' };
}

const kindOffset = 156;
/** Of old GNU tars: says that the map of a sparse file goes on after the header. */
const mapGoesOnOffset = 482;

/** A member of a kind that the tar reader has no name for. It does not know that the map of a sparse file may go on. */
async function unknownKind(file: TarFile, offset: number): Promise<MemberProblem> {
  const header = await file.part(offset - blockBytes, blockBytes);
  const kind = String.fromCharCode(header[kindOffset]!);
  if (kind === 'S') return { what: sparse, isEnd: header[mapGoesOnOffset] !== 0 };
  return { what: `of a kind (${JSON.stringify(kind)}) that is not read` };
}

const blockBytes = 512;

/** The last block of all pieces that are pushed. */
function lastBlock(): { push(piece: Buffer): void; isEmpty(): boolean } {
  let last: Buffer = Buffer.alloc(0);
  return {
    push(piece) {
      last = piece.byteLength >= blockBytes ? piece : Buffer.concat([last, piece]);
      last = last.subarray(-blockBytes);
    },
    isEmpty: () => last.byteLength === blockBytes && last.every((byte) => byte === 0),
  };
}

async function contentOf(entry: AsyncIterable<unknown>, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(size);
  let done = 0;
  for await (const piece of entry) done += (piece as Buffer).copy(content, done);
  return content.subarray(0, done);
}
