import { appendFile, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { auditEntrySchema, type AuditEntry, type AuditPage } from '#protocol/access/audit-entry.js';
import { makeFolders } from '#protocol/make-folders.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Who did what, as lines of JSON in files of the data directory. Each coordinator keeps its own. */
export interface AuditLog {
  /** Adds an entry. It is written as soon as those before it are. */
  add(entry: Omit<AuditEntry, 'number'>): void;
  /** At most `limit` entries before the one with number `before`, the newest first. */
  page(limit: number, before?: number): Promise<AuditPage>;
  close(): Promise<void>;
}

export interface AuditLogOptions {
  readonly dataDir: string;
  /** A file that is larger is followed by another. */
  readonly fileBytesMax?: number;
  /** When there are more files, the oldest goes. */
  readonly filesMax?: number;
  /** Hears of entries that cannot be written. */
  onError(error: TandemError): void;
}

/** Goes on with the log of the data directory. Throws CONFIG_INVALID if it cannot be read or written. */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { dataDir, fileBytesMax = 4 * 2 ** 20, filesMax = 16, onError } = options;
  const folder = join(dataDir, 'audit');
  let files = await begin(folder);
  let number = await lastNumber(files.map((name) => join(folder, name)));
  let bytes = fileBytesMax; // Each start begins a file: the last line of the one before may be cut short.
  let waiting: AuditEntry[] = [];
  let writing: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      const text = taken.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      try {
        if (bytes >= fileBytesMax) {
          files.push(nameOf(taken[0]!.number));
          bytes = 0;
          for (const old of files.slice(0, -filesMax)) await rm(join(folder, old), { force: true });
          files = files.slice(-filesMax);
        }
        await appendFile(join(folder, files.at(-1)!), text, { mode: 0o600 });
        bytes += Buffer.byteLength(text);
      } catch (cause) {
        onError(unwritten(folder, taken.length, cause));
      }
    }
    writing = undefined;
  };
  return {
    add(entry) {
      waiting.push({ number: ++number, ...entry });
      writing ??= write();
    },
    async page(limit, before = Infinity) {
      await writing;
      const entries: AuditEntry[] = [];
      for (const name of files.toReversed()) {
        if (numberOf(name) >= before) continue;
        const text = await readFile(join(folder, name), 'utf8').catch(() => '');
        for (const line of text.split('\n').reverse()) {
          const entry = entryIn(line);
          if (!entry || entry.number >= before) continue;
          // One more than wanted says that there is a next page.
          if (entries.length === limit) return { entries, next: entries.at(-1)!.number };
          entries.push(entry);
        }
      }
      return { entries, next: null };
    },
    close: async () => writing,
  };
}

/** The files of the log, the oldest first. Makes the folder, and sees that it can be written. */
async function begin(folder: string): Promise<string[]> {
  try {
    await makeFolders(folder, { mode: 0o700 });
    const trial = join(folder, 'trial');
    await (await open(trial, 'w', 0o600)).close();
    await rm(trial);
    return (await readdir(folder)).filter((name) => /^\d{12}\.jsonl$/.test(name)).sort();
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Audit log: expected to write ${folder}, got ${(cause as Error).message}`,
      help: 'Choose another TANDEM_DATA_DIR.',
      cause,
    });
  }
}

async function lastNumber(paths: readonly string[]): Promise<number> {
  for (const path of paths.toReversed()) {
    const entries = (await readFile(path, 'utf8')).split('\n').reverse();
    const last = entries.map(entryIn).find((entry) => entry !== undefined);
    if (last) return last.number;
  }
  return 0;
}

/** The number of its first entry, so that names are in the order of time. */
function nameOf(first: number): string {
  return `${String(first).padStart(12, '0')}.jsonl`;
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}

function entryIn(line: string): AuditEntry | undefined {
  try {
    return auditEntrySchema.parse(JSON.parse(line));
  } catch {
    return undefined; // It was cut short when the process or the machine ended.
  }
}

function unwritten(folder: string, count: number, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Audit log: expected to write ${count} entries to ${folder}, got ${(cause as Error).message}`,
    help: 'They are missing there. The log of the coordinator has them, with level info.',
    cause,
  });
}
