import { open, rm, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Where the bytes of a record are. */
export interface SpoolPlace {
  readonly offset: number;
  readonly bytes: number;
}

/** A record: JSON, and the place of its bytes. */
export interface SpoolRecord {
  readonly header: unknown;
  readonly place: SpoolPlace;
}

/** A file to which records are appended. What was appended whole is there after the process was killed. */
export interface Spool {
  /** Those that were there when it was opened. */
  readonly records: readonly SpoolRecord[];
  append(header: unknown, body: Uint8Array): Promise<SpoolPlace>;
  read(place: SpoolPlace): Promise<Buffer>;
  /** Closes the file and leaves it where it is. */
  close(): Promise<void>;
  remove(): Promise<void>;
}

/** Before each record: bytes of its JSON and its body, and the CRC-32 of both. */
const prefixBytes = 12;
const headerBytesMax = 2 ** 26;

/** Opens a spool, which is empty if there is none. What was not appended whole is cut off. */
export async function openSpool(path: string): Promise<Spool> {
  const file = await open(path, 'a+');
  const { records, end } = await recordsOf(file).catch(async (thrown: unknown) => {
    await file.close();
    throw thrown;
  });
  await file.truncate(end);
  let size = end;
  let last: Promise<unknown> = Promise.resolve();
  return {
    records,
    append(header, body) {
      const text = Buffer.from(JSON.stringify(header));
      const prefix = Buffer.alloc(prefixBytes);
      prefix.writeUInt32LE(text.byteLength, 0);
      prefix.writeUInt32LE(body.byteLength, 4);
      prefix.writeUInt32LE(crc32(body, crc32(text)), 8);
      const place = { offset: size + prefixBytes + text.byteLength, bytes: body.byteLength };
      size = place.offset + place.bytes;
      // One after another, so that only the last can be cut short.
      const written = last.then(() => file.appendFile(Buffer.concat([prefix, text, body])));
      last = written.catch(() => undefined);
      return written.then(() => place);
    },
    read: ({ offset, bytes }) => partOf(file, offset, bytes),
    async close() {
      await last;
      await file.close();
    },
    async remove() {
      await last;
      await file.close();
      await rm(path, { force: true });
    },
  };
}

async function recordsOf(file: FileHandle): Promise<{ readonly records: SpoolRecord[]; readonly end: number }> {
  const { size } = await file.stat();
  const records: SpoolRecord[] = [];
  let end = 0;
  while (end + prefixBytes <= size) {
    const prefix = await partOf(file, end, prefixBytes);
    const [headerBytes, bytes, crc] = [prefix.readUInt32LE(0), prefix.readUInt32LE(4), prefix.readUInt32LE(8)];
    const next = end + prefixBytes + headerBytes + bytes;
    if (next > size || headerBytes > headerBytesMax) break;
    const content = await partOf(file, end + prefixBytes, headerBytes + bytes);
    if (crc32(content) !== crc) break;
    const header: unknown = JSON.parse(content.toString('utf8', 0, headerBytes));
    records.push({ header, place: { offset: next - bytes, bytes } });
    end = next;
  }
  return { records, end };
}

async function partOf(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const part = Buffer.allocUnsafeSlow(bytes);
  for (let done = 0; done < bytes;) {
    const { bytesRead } = await file.read(part, done, bytes - done, offset + done);
    if (bytesRead === 0) throw new Error(`internal: a record of a spool ends after ${done} of ${bytes} bytes`);
    done += bytesRead;
  }
  return part;
}
