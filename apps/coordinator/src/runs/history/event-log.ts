import { scoreOfResult } from '#protocol/run/evaluation-result.js';
import { eventLogSchema, type LoggedEvent } from '#protocol/history/event-log.js';
import { eventLogBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import type { RunChange } from '../run-transition.js';
import { openRunFile } from '../run-file.js';

/** What has happened to a run, besides its steps. It is kept in a blob of the run, for the next coordinator. */
export interface EventLog {
  note(status: RunStatus, change: RunChange, at: string): void;
  /** The newest at the end. While the store cannot be read, only those since this process knows the run. */
  all(): Promise<readonly LoggedEvent[]>;
  /** Resolves when all are written; rejects with STORE_FAILED if that fails. */
  settled(): Promise<void>;
}

export interface EventLogOptions {
  /** The run's own. */
  readonly store: Store;
  readonly run: string;
  /** Nothing is written once this rejects. */
  checkOwner(): Promise<void>;
}

/** Those of weeks of evaluations and checkpoints; older ones are forgotten. */
const eventsMax = 500;
/** Of the sentence of an event. */
const charactersMax = 2000;

export function openEventLog({ store, run, checkOwner }: EventLogOptions): EventLog {
  const key = runKeys(run).events;
  let earlier: Promise<readonly LoggedEvent[]> | undefined;
  let kept: LoggedEvent[] = [];
  /** Read only once it is needed: a coordinator lists many runs to which nothing happens any more. */
  const readEarlier = (): Promise<readonly LoggedEvent[]> => {
    const reading = (earlier ??= storedEvents(store, key));
    reading.catch(() => (earlier = undefined)); // Read again the next time.
    return reading;
  };
  const newest = async (): Promise<LoggedEvent[]> => [...(await readEarlier()), ...kept].slice(-eventsMax);
  const file = openRunFile<undefined>({
    ...{ key, stores: [store], checkOwner },
    bytesOf: async () => new TextEncoder().encode(`${JSON.stringify({ events: await newest() })}\n`),
  });
  return {
    note({ state, step, reason, best }, change, at) {
      if (change.kind === 'step' || change.kind === 'downloaded' || change.kind === 'counted') return;
      const text = (textOf(change, best) ?? reason).slice(0, charactersMax);
      const last = kept.at(-1);
      // A run that waits says so again and again.
      if (last?.kind === change.kind && last.text === text && last.step === step) return;
      kept.push({ at, kind: change.kind, state, step, text });
      if (kept.length > 1.25 * eventsMax) kept = kept.slice(-eventsMax);
      file.write(undefined);
    },
    all: () => newest().catch(() => kept.slice(-eventsMax)),
    settled: () => file.settled(),
  };
}

/** The events in the blob; none if there is no blob, or one that is damaged: a run is not held up by that. */
async function storedEvents(store: Store, key: string): Promise<readonly LoggedEvent[]> {
  let bytes: Uint8Array;
  try {
    bytes = await getAtMost(store, key, eventLogBytesMax);
  } catch (error) {
    const { code } = error as Partial<TandemError>;
    if (code === ErrorCode.NotFound || code === ErrorCode.DataInvalid) return [];
    throw error;
  }
  try {
    return eventLogSchema.parse(parseJson(bytes)).events;
  } catch {
    return [];
  }
}

/** What a change says that leaves the reason of the run's state as it was. */
function textOf(change: RunChange, best: RunStatus['best']): string | undefined {
  switch (change.kind) {
    case 'evaluation': {
      const { name, value } = scoreOfResult(change.result);
      return `Evaluated ${change.result.name}: ${name} ${(100 * value).toFixed(1)} %.`;
    }
    case 'checkpoint':
      return 'Wrote a checkpoint.';
    case 'best':
      return `The best ${best?.result.name ?? 'result'} so far; its checkpoint is kept.`;
    case 'pool':
      return `${change.reason.charAt(0).toUpperCase()}${change.reason.slice(1)}.`;
    case 'prioritized':
      return `Its owner gave it priority ${change.priority}.`;
    default:
      return undefined;
  }
}
