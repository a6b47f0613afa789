import createClient, { createFinalURL, createQuerySerializer, defaultPathSerializer } from 'openapi-fetch';
import type { components, paths } from '#protocol/api-types.js';

type Problem = components['schemas']['Problem'];

/** What the coordinator refused, in its words, or that it did not answer. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly help: string,
    /** The HTTP status; 0 if there was no answer. */
    readonly status: number,
    readonly problems: NonNullable<Problem['problems']> = [],
  ) {
    super(message);
  }
}

type LogoutListener = () => void;
const logoutListeners = new Set<LogoutListener>();

/** Calls `listener` when the coordinator no longer knows the session. Returns a function that ends this. */
export function onLogout(listener: LogoutListener): () => void {
  logoutListeners.add(listener);
  return () => void logoutListeners.delete(listener);
}

/** The folder of the page, so that it works below any path that a proxy gives it. */
const baseUrl = '.';

/** The API by the types of its description: a path or a field that is not in it breaks the build. */
export const api = createClient<paths, 'application/json'>({
  baseUrl,
  // Only the page itself can send the second: no other site acts for the user with the cookie.
  headers: { accept: 'application/json', 'x-tandem-page': '1' },
});

interface Sent<Answer> {
  readonly data?: Answer;
  readonly error?: unknown;
  readonly response: Response;
}

/** What a call answers. Throws an ApiError, or the AbortError of a call that was given up. */
export async function answerOf<Answer>(sent: Promise<Sent<Answer>>): Promise<Answer> {
  const { data, error, response } = await sent.catch((thrown: unknown) => {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    // Not JSON, whatever its type says: something before the coordinator has answered.
    if (thrown instanceof SyntaxError)
      throw new ApiError('Something else than the coordinator answered.', 'Load the page again.', 0);
    throw new ApiError('The coordinator does not answer.', 'It may be starting again; this page goes on trying.', 0);
  });
  if (response.ok) return data as Answer;
  if (response.status === 401) for (const listener of logoutListeners) listener();
  const { message, help, problems } = (typeof error === 'object' ? (error ?? {}) : {}) as Partial<Problem>;
  throw new ApiError(
    message ?? `The coordinator answered ${response.status} ${response.statusText}`.trim(),
    help ?? '',
    response.status,
    problems,
  );
}

/** What a GET of a path of the API takes. */
type Asked<Path extends keyof paths> = paths[Path] extends { get: { parameters: infer Given } } ? Given : never;

/** The address of something that the browser itself fetches: a picture, a file or a stream. */
export function addressOf<Path extends keyof paths>(path: Path, asked: Asked<Path>): string {
  const params = asked as { readonly path?: Record<string, unknown>; readonly query?: Record<string, unknown> };
  const querySerializer = createQuerySerializer();
  return createFinalURL(path, { baseUrl, params, querySerializer, pathSerializer: defaultPathSerializer });
}
