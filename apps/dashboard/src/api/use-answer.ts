import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './http.js';

/** The answer to what the user asked last. */
export interface Asked<Answer> {
  readonly answer: Answer | undefined;
  readonly error: ApiError | undefined;
  readonly isBusy: boolean;
  /** `signal` ends when the user has left. */
  ask(call: (signal: AbortSignal) => Promise<Answer>): void;
}

/** Asks when the user wants it, and keeps the last answer until there is another. */
export function useAnswer<Answer>(): Asked<Answer> {
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const left = useRef(new AbortController());
  useEffect(() => () => left.current.abort(), []);
  const ask = async (call: (signal: AbortSignal) => Promise<Answer>): Promise<void> => {
    const { signal } = left.current;
    setBusy(true);
    setError(undefined);
    try {
      const answered = await call(signal);
      if (!signal.aborted) setAnswer(() => answered);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  };
  return { answer, error, isBusy, ask: (call) => void ask(call) };
}
