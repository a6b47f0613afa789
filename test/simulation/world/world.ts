import type { Chance } from '../../fuzz/chance.js';
import type { Time } from '../../../apps/coordinator/src/time.js';

/**
 * Simulated time. Nothing in it waits for real: when all processes wait, the next event happens at once, and the time
 * jumps to it. Every delay, loss and failure is drawn from one seed, so a schedule can be repeated event by event.
 */
export interface World {
  readonly chance: Chance;
  nowMs(): number;
  after(ms: number, event: () => void): void;
  /** A whole number of milliseconds in [least, most]. */
  delay(least: number, most: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
  /** Lets time pass until `isOver`, or until `untilMs`. */
  run(isOver: () => boolean, untilMs: number): Promise<void>;
}

interface Event {
  readonly atMs: number;
  /** Events of one moment happen in the order in which they were planned. */
  readonly order: number;
  readonly happen: () => void;
}

export function openWorld(chance: Chance): World {
  const events = heap();
  let nowMs = 0;
  let planned = 0;
  return {
    chance,
    nowMs: () => nowMs,
    after: (ms, happen) => events.push({ atMs: nowMs + ms, order: planned++, happen }),
    delay: (least, most) => least + chance.below(most - least + 1),
    happens: (probability) => chance.below(10_000) < probability * 10_000,
    async run(isOver, untilMs) {
      await allWait();
      while (!isOver()) {
        const next = events.pop();
        if (!next || next.atMs > untilMs) return;
        nowMs = next.atMs;
        next.happen();
        await allWait();
      }
    },
  };
}

/** Resolves when every promise waits for an event. Products do long work in turns: each is an immediate (inTurns). */
function allWait(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (process.getActiveResourcesInfo().includes('Immediate')) setImmediate(look);
      else resolve();
    };
    setImmediate(look);
  });
}

/** A process of the simulation. It can be killed at any event, and frozen as by SIGSTOP. */
export interface SimulatedProcess {
  readonly name: string;
  readonly time: Time;
  isAlive(): boolean;
  isRunning(): boolean;
  /** What is killed never learns of anything again: its promises stay open for ever. */
  kill(): void;
  freeze(): void;
  wake(): void;
  /** Something reaches the process: now, when it wakes, or never. */
  reach(event: () => void): void;
}

export function startProcess(world: World, name: string): SimulatedProcess {
  let state: 'running' | 'frozen' | 'dead' = 'running';
  let held: (() => void)[] = [];
  const reach = (event: () => void): void => {
    if (state === 'running') event();
    else if (state === 'frozen') held.push(event);
  };
  return {
    name,
    reach,
    time: {
      nowMs: () => world.nowMs(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          const abort = (): void => reject(signal!.reason as Error);
          if (signal?.aborted) return abort();
          signal?.addEventListener('abort', abort, { once: true });
          world.after(Math.ceil(ms), () => {
            signal?.removeEventListener('abort', abort);
            reach(resolve);
          });
        }),
    },
    isAlive: () => state !== 'dead',
    isRunning: () => state === 'running',
    kill() {
      [state, held] = ['dead', []];
    },
    freeze() {
      if (state === 'running') state = 'frozen';
    },
    wake() {
      if (state !== 'frozen') return;
      state = 'running';
      for (const event of held.splice(0)) world.after(0, () => reach(event));
    },
  };
}

/** Gives the earliest event first. */
function heap(): { push(event: Event): void; pop(): Event | undefined } {
  const items: Event[] = [];
  const isBefore = (a: number, b: number): boolean =>
    items[a]!.atMs - items[b]!.atMs < 0 || (items[a]!.atMs === items[b]!.atMs && items[a]!.order < items[b]!.order);
  const swap = (a: number, b: number): void => void ([items[a], items[b]] = [items[b]!, items[a]!]);
  return {
    push(event) {
      items.push(event);
      for (let at = items.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!isBefore(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (!first || !last || items.length === 0) return first;
      items[0] = last;
      for (let at = 0; ;) {
        const children = [2 * at + 1, 2 * at + 2].filter((child) => child < items.length);
        const least = children.reduce((best, child) => (isBefore(child, best) ? child : best), at);
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}
