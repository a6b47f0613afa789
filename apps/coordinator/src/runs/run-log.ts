import type { Logger } from 'pino';
import type { RunListener } from './run-entry.js';

/** Logs one line for each committed step and for each change of a run's state. */
export function runLog(log: Logger): RunListener {
  return ({ id: run, state, reason, error }, change) => {
    switch (change.kind) {
      case 'step':
        log.info({ run, ...change.metrics }, 'step');
        break;
      case 'evaluation':
        log.info({ run, ...change.result }, 'evaluation');
        break;
      case 'checkpoint':
        log.info({ run, url: change.url }, 'checkpoint');
        break;
      case 'prepared':
        log.info({ run, state, ...change.derived }, reason);
        break;
      case 'failed':
        log.error({ run, state, error }, reason);
        break;
      case 'started':
      case 'evaluating':
      case 'completed':
      case 'cancelled':
        log.info({ run, state }, reason);
        break;
    }
  };
}
