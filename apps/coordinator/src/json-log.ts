import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

/**
 * Logs one JSON object per line to standard error, through `hide`, which leaves out secrets. Standard output is kept
 * for what a person or program asked for.
 */
export function openLog(level: string, hide: (text: string) => string): Logger {
  return pino(
    { name: 'coordinator', level, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: hide } },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Logs Nest's own messages in that form. Its start-up messages have the level debug. */
export function nestLogger(log: Logger): LoggerService {
  const line = (message: unknown, context: unknown[]): [object, string] => [
    { context },
    message instanceof Error ? (message.stack ?? message.message) : String(message),
  ];
  return {
    log: (message, ...context) => log.debug(...line(message, context)),
    debug: (message, ...context) => log.debug(...line(message, context)),
    verbose: (message, ...context) => log.debug(...line(message, context)),
    warn: (message, ...context) => log.warn(...line(message, context)),
    error: (message, ...context) => log.error(...line(message, context)),
    fatal: (message, ...context) => log.fatal(...line(message, context)),
  };
}
