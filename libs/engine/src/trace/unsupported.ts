import * as tf from '@tensorflow/tfjs';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** An UNSUPPORTED_OP error that says where in the model it came up. */
export function unsupported(message: string): TandemError {
  const scope = currentScope();
  const line = callSite();
  return new TandemError({
    code: ErrorCode.UnsupportedOp,
    message: `${message}\n  in ${scope || 'the function itself'}${line ? `, called ${line}` : ''}`,
    context: { scope, line },
  });
}

/** Names of the tidy scopes and operations around the current call, outermost first: `visual/resblocks.3/softmax`. */
export function currentScope(): string {
  const stack = (tf.engine() as unknown as { state: { scopeStack: readonly { name: string }[] } }).state.scopeStack;
  return stack
    .map(({ name }) => name?.replace(/__op$/, ''))
    .filter((name) => name && name !== 'unnamed scope')
    .join('/');
}

/** The nearest caller that is neither tfjs, nor this engine, nor Node itself. */
function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const own = frames.find((frame) => !/node_modules|tfjs-core|node:|libs\/engine\/src\/(trace\/(?!.*spec)|program)/.test(frame));
  return own ? own.trim() : '';
}
