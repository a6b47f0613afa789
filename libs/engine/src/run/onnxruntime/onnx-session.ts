import { SHARE_ENV } from 'node:worker_threads';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { startThread } from '#threads/thread-client.js';
import type { OnnxCall, OnnxPort, OnnxResults, OnnxValue } from './onnx-message.js';

/**
 * An ONNX model of any origin, run by ONNX Runtime on the CPU in a thread of its own. A device runs only what the
 * engine has lowered.
 */
export interface OnnxSession {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** Keeps a tensor in the thread, where runs find it by its name. It replaces one of the same name. */
  hold(name: string, value: OnnxValue): Promise<void>;
  /** Runs once. A feed is a tensor, or the name of one that is held. Throws UNSUPPORTED_OP with the reason. */
  run(feeds: Readonly<Record<string, OnnxValue | string>>): Promise<Readonly<Record<string, OnnxValue>>>;
  close(): Promise<void>;
}

export interface OnnxSessionOptions {
  /** The model, or the path of its file; what a file refers to is beside it. */
  readonly model: Uint8Array | string;
  readonly threads: number;
  /** What is being run, for errors. */
  readonly name: string;
}

/** Opens a model. Throws UNSUPPORTED_OP if ONNX Runtime cannot load it. */
export async function openOnnxSession({ model, threads, name }: OnnxSessionOptions): Promise<OnnxSession> {
  const thread = startThread<OnnxCall, OnnxResults>({
    entry: new URL('./onnx-session-thread.js', import.meta.url),
    env: SHARE_ENV, // ONNX Runtime must see the variables that the thread sets before it loads the library.
    failure: (message) =>
      new TandemError({
        code: ErrorCode.UnsupportedOp,
        message: `ONNX Runtime cannot run ${name}: ${message}`,
        help: 'Export it for the CPU, with operators of the ONNX standard and float32 inputs.',
      }),
  });
  try {
    const { inputs, outputs } = await thread.call({ kind: 'open', model, threads });
    return {
      inputs,
      outputs,
      hold: (held, value) => thread.call({ kind: 'hold', name: held, value }),
      run: (feeds) => thread.call({ kind: 'run', feeds }),
      close: () => thread.close(),
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}
