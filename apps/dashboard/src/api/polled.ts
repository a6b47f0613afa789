import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './http.js';

/** The newest answer, and the error of the newest try if it had none. */
export interface Polled<Answer> {
  readonly answer: Answer | undefined;
  readonly error: ApiError | undefined;
}

/** Never more often than once a second. */
const pollMs = 2000;

/** Asks again and again while the page is seen. Of another `subject` than before it asks at once. */
export function usePolled<Answer>(call: (signal: AbortSignal) => Promise<Answer>, subject = ''): Polled<Answer> {
  const [polled, setPolled] = useState<Polled<Answer>>({ answer: undefined, error: undefined });
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const answer = await call(stop.signal);
        if (!stop.signal.aborted) setPolled({ answer, error: undefined });
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setPolled(({ answer }) => ({ answer, error }));
      }
      if (!stop.signal.aborted && !document.hidden) timer = setTimeout(() => void ask(), pollMs);
    };
    const onSeen = (): void => {
      clearTimeout(timer);
      if (!document.hidden) void ask();
    };
    void ask();
    document.addEventListener('visibilitychange', onSeen);
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onSeen);
    };
  }, [subject]);
  return polled;
}
