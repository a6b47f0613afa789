import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { currentScope } from './scope.js';

/** Make an UNSUPPORTED_OP error that says where in the model the operation was called. */
export function unsupported(message: string): TandemError {
  const scope = currentScope();
  const line = callSite();
  return new TandemError({
    code: ErrorCode.UnsupportedOp,
    message: `${message}\n  in ${scope || 'the function itself'}${line ? `, called ${line}` : ''}`,
    context: { scope, line },
  });
}

/** The nearest caller that is neither tfjs, nor this engine, nor Node itself. */
function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  Error.stackTraceLimit = limit;
  const own = frames.find(
    (frame) => !/node_modules|tfjs-core|node:|libs\/engine\/src\/(trace\/(?!.*spec)|program)/.test(frame),
  );
  return own ? own.trim() : '';
}
