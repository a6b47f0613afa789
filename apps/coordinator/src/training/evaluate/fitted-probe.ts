import { ErrorCode, TandemError, type WireError } from '#protocol/tandem-error.js';
import { startThread, type ThreadClient } from '#threads/thread-client.js';
import type { FewShotCall, FewShotFit, LinearProbeCall, LinearProbeFit } from './probe-message.js';
import type { ProbeThreadCall, ProbeThreadResults } from './probe-message.js';

/** Fits a linear probe in a thread of its own. Throws what the fit throws, and CANCELLED once `signal` is aborted. */
export function fitLinearProbe(call: LinearProbeCall, signal: AbortSignal): Promise<LinearProbeFit> {
  return inThread(signal, (thread) => thread.call(call));
}

/** The same for probes with a few images of each class. */
export function fitFewShot(call: FewShotCall, signal: AbortSignal): Promise<FewShotFit> {
  return inThread(signal, (thread) => thread.call(call));
}

interface Failed {
  readonly failed: WireError;
}

async function inThread<Fit extends object>(
  signal: AbortSignal,
  fit: (thread: ThreadClient<ProbeThreadCall, ProbeThreadResults>) => Promise<Fit | Failed>,
): Promise<Fit> {
  const thread = startThread<ProbeThreadCall, ProbeThreadResults>({
    entry: new URL('./probe-thread.js', import.meta.url),
    failure: (message) =>
      new TandemError({ code: ErrorCode.Internal, message: `The thread that fits probes failed: ${message}` }),
  });
  const stop = (): void => void thread.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    const fitted = await fit(thread);
    if (isFailed(fitted)) throw TandemError.fromWire(fitted.failed);
    return fitted;
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new TandemError({ code: ErrorCode.Cancelled, message: 'The run was stopped while a probe was fitted.' });
  } finally {
    signal.removeEventListener('abort', stop);
    await thread.close();
  }
}

function isFailed(fitted: object): fitted is Failed {
  return 'failed' in fitted;
}
