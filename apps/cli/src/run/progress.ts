import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import type { Terminal } from '../terminal/terminal.js';

/** Shows a run as it goes: one line that changes on a terminal, a line now and then elsewhere. */
export interface Progress {
  /** The run's newest status; `nowMs` is the caller's clock. */
  show(status: RunStatus, nowMs: number): void;
  close(): void;
}

/** Between two lines where the line cannot be rewritten. */
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
      } else if (state !== lastState && state !== 'training') {
        terminal.say(`  ${state}: ${status.reason}`);
      }
      lastState = state;
    },
    close: () => terminal.update(''),
  };
}

/** `step 40/400  loss 3.214  accuracy 21.4 %  812 pairs/s  scale 16.2  2 workers  1:23 left` */
export function plainLine(last: StepMetrics, steps: number, etaSeconds: number | null): string {
  return [`step ${last.step}/${steps}`, ...facts(last, etaSeconds)].join('  ');
}

/**
 * The plain line with a bar that takes what room is left, at most 30 characters; facts go from the end where it is
 * narrow.
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
    `accuracy ${(100 * last.accuracy).toFixed(1)} %`,
    `${Math.round(last.pairsPerSecond)} pairs/s`,
    `scale ${last.logitScale.toFixed(1)}`,
    `${last.workers} worker${last.workers === 1 ? '' : 's'}`,
    ...(etaSeconds === null ? [] : [`${clockTime(etaSeconds)} left`]),
  ];
}

function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, share) * width);
  return '━'.repeat(filled) + '─'.repeat(width - filled);
}

/** `12.3 %`; three digits at most. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value.toFixed(value >= 99.95 ? 0 : value >= 1 || value === 0 ? 1 : 2)} %`;
}

/** `4:05`, `1:02:33`. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    String(whole % 60).padStart(2, '0'),
  ];
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
