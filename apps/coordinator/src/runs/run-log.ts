import type { Logger } from 'pino';
import type { RunListener } from './run-entry.js';

/** Logs one line for each committed step and for each change of a run's state. */
export function runLog(log: Logger): RunListener {
  return ({ id: run, state, step, reason, error }, change) => {
    switch (change.kind) {
      case 'step':
        log.info({ run, ...change.metrics }, 'step');
        break;
      case 'downloaded':
        log.info({ run, tars: change.tars, stored: change.stored, failed: change.failed }, 'download');
        break;
      case 'evaluation':
        log.info({ run, ...change.result }, 'evaluation');
        break;
      case 'best':
        log.info({ run, ...change.result, url: change.url }, 'best');
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
      case 'prioritized':
        log.info({ run, state, priority: change.priority }, 'The run has another priority');
        break;
      case 'restored':
        log.info({ run, step, losses: change.losses }, reason);
        break;
      case 'waiting':
      case 'deserted':
      case 'unverified':
        log.warn({ run, step }, reason);
        break;
      case 'miscomputed':
        log.error({ run, step, worker: change.worker, task: change.task }, reason);
        break;
      case 'pool': // Logged as such, once for all runs.
        break;
      case 'started':
      case 'paused':
      case 'interrupted':
      case 'resumed':
      case 'evaluating':
      case 'listed':
      case 'counting':
      case 'counted':
      case 'completed':
      case 'cancelled':
        log.info({ run, state }, reason);
        break;
    }
  };
}
