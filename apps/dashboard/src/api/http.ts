import type { Problem, WireError } from '#protocol/tandem-error.js';

/** What the coordinator refused, in its words, or that it did not answer. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly help: string,
    /** The HTTP status; 0 if there was no answer. */
    readonly status: number,
    readonly problems: readonly Problem[] = [],
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

/** Throws an ApiError. */
export function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return call<Answer>(path, signal ? { signal } : {});
}

/** Sends something that changes something. Throws an ApiError. */
export function send<Answer>(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
  if (body === undefined || body instanceof FormData)
    return call<Answer>(path, { method, ...(body !== undefined && { body }) });
  return call<Answer>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function call<Answer>(path: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(path, {
    ...options,
    // Only the page itself can send this header: no other site acts for the user with the cookie.
    headers: { ...options.headers, accept: 'application/json', 'x-tandem-page': '1' },
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError('The coordinator does not answer.', 'It may be starting again; this page goes on trying.', 0);
  });
  const text = await response.text();
  const content = parsed(text);
  if (response.ok) return content as Answer;
  if (response.status === 401) for (const listener of logoutListeners) listener();
  const { message, help, problems } = (content ?? {}) as Partial<WireError>;
  throw new ApiError(
    message ?? `The coordinator answered ${response.status} ${response.statusText}`.trim(),
    help ?? '',
    response.status,
    problems,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
