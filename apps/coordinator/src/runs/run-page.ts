import { shownJson } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

interface Listed {
  readonly id: string;
  readonly createdAt: string;
}

export interface RunPage<Run> {
  readonly runs: Run[];
  /** The cursor of the next page, or null if there is none. */
  readonly next: string | null;
}

/**
 * At most `limit` of the runs, which are the newest first: those after `cursor`, the last run of the page before. If
 * that run has been removed meanwhile, those that were made before it. Throws CONFIG_INVALID.
 */
export function runPage<Run extends Listed>(runs: readonly Run[], limit: number, cursor?: string): RunPage<Run> {
  const from = cursor === undefined ? 0 : startAfter(runs, cursor);
  const page = runs.slice(from, from + limit);
  const last = page.at(-1);
  return { runs: page, next: last && from + limit < runs.length ? cursorOf(last) : null };
}

function startAfter(runs: readonly Listed[], cursor: string): number {
  const last = runIn(cursor);
  const at = runs.findIndex(({ id }) => id === last.id);
  if (at >= 0) return at + 1;
  const older = runs.findIndex(({ createdAt }) => createdAt < last.createdAt);
  return older < 0 ? runs.length : older;
}

function cursorOf({ id, createdAt }: Listed): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}

function runIn(cursor: string): Listed {
  const [, createdAt, id] = /^(\d{4}-\S{1,30}) (\S{1,400})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (createdAt !== undefined && id !== undefined) return { createdAt, id };
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `The query has 1 problem: after: expected what \`next\` of a page was, got ${shownJson(cursor)}`,
    help: 'Leave it out for the first page.',
    problems: [{ path: 'after', message: 'expected what `next` of a page was' }],
  });
}
