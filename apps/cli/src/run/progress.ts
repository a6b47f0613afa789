import { hasEnded, type RunStatus, type StepMetrics } from '#protocol/run/run-status.js';
import { percent } from '#report/figures.js';
import type { Terminal } from '../terminal/terminal.js';
import { clockTime, counted } from '../terminal/words.js';

/** Shows the progress of a run: on a terminal one line that is rewritten, elsewhere a new line now and then. */
export interface Progress {
  /** Takes the run's newest status. `nowMs` is the time by any clock that only goes forward. */
  show(status: RunStatus, nowMs: number): void;
  close(): void;
}

/** Time between two lines where the last line cannot be rewritten. */
const plainEveryMs = 15_000;

export function openProgress(terminal: Terminal): Progress {
  let lastState = '';
  let lastStep = 0;
  let lastLineMs = -Infinity;
  return {
    show(status, nowMs) {
      if (terminal.live) return terminal.update(`  ${liveLine(status, terminal.columns() - 3)}`);
      const { state, last, steps } = status;
      if (
        last &&
        last.step > lastStep &&
        (lastStep === 0 || last.step === steps || nowMs - lastLineMs >= plainEveryMs)
      ) {
        terminal.say(`  ${plainLine(last, steps, status.etaSeconds)}`);
        lastStep = last.step;
        lastLineMs = nowMs;
      } else if (state !== lastState && state !== 'training' && !hasEnded(status)) {
        terminal.say(`  ${state}: ${status.reason}`);
      }
      lastState = state;
    },
    close: () => terminal.update(''),
  };
}

/** The newest step: `step 40/400  loss 3.214  accuracy 21.4 %  812 pairs/s  scale 16.2  2 workers  1:23 left` */
export function plainLine(last: StepMetrics, steps: number, etaSeconds: number | null): string {
  return [`step ${last.step}/${steps}`, ...facts(last, etaSeconds)].join('  ');
}

/**
 * The plain line with a progress bar of up to 30 characters in the room that is left. Where there is too little room,
 * facts are dropped from the end, but the time left stays.
 */
export function liveLine({ state, reason, last, steps, etaSeconds }: RunStatus, columns: number): string {
  if (!last || state === 'preparing' || state === 'queued') return `${state}: ${reason}`.slice(0, columns);
  const count = `step ${String(last.step).padStart(String(steps).length)}/${steps}`;
  const rest = state === 'training' ? facts(last, etaSeconds) : [`${state}: ${reason}`];
  while (rest.length > 2 && [count, ...rest].join('  ').length + 12 > columns) rest.splice(rest.length - 2, 1);
  const room = columns - [count, ...rest].join('  ').length - 2;
  return [count, ...(room >= 5 ? [bar(last.step / steps, Math.min(30, room))] : []), ...rest]
    .join('  ')
    .slice(0, columns);
}

function facts(last: StepMetrics, etaSeconds: number | null): string[] {
  return [
    `loss ${last.loss.toFixed(3)}`,
    `accuracy ${percent(last.accuracy)}`,
    `${Math.round(last.pairsPerSecond)} pairs/s`,
    `scale ${last.logitScale.toFixed(1)}`,
    counted(last.workers, 'worker'),
    ...(etaSeconds === null ? [] : [`${clockTime(etaSeconds)} left`]),
  ];
}

function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, share) * width);
  return '━'.repeat(filled) + '─'.repeat(width - filled);
}
