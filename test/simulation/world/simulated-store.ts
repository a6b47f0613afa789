import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { probeStore } from '#store/store-probe.js';
import type { Store } from '#store/store.js';
import type { SimulatedProcess, World } from './world.js';

export interface StoreTroubles {
  /** The probability that a call fails, half of the time after it took effect. */
  failing: number;
  /** Every call fails. */
  isDown: boolean;
}

/** The shortest and the longest time in milliseconds until a call takes effect, and from then until it answers. */
export interface StoreDelays {
  readonly there: readonly [number, number];
  readonly back: readonly [number, number];
}

const usualDelays: StoreDelays = { there: [0, 8], back: [1, 8] };

export interface SimulatedStore {
  /** What is stored now. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly troubles: StoreTroubles;
  /** The store as a process sees it. `onEffect` is called when one of its calls takes effect. */
  openFor(process: SimulatedProcess, onEffect?: (key: string, kind: 'read' | 'write' | 'remove') => void): Store;
  /** All calls of a process for keys with this prefix hang for a while, and then go on. */
  hang(process: SimulatedProcess, prefix: string, forMs: number): void;
  /** Changes a blob behind everyone's back. */
  damage(key: string): void;
}

/**
 * A store that answers after a while, may fail, and takes effect at some moment before it answers. What a process asked
 * for before it was killed takes effect or does not: calls are on their way.
 */
export function simulatedStore(world: World, delays = usualDelays): SimulatedStore {
  const blobs = new Map<string, Uint8Array>();
  const troubles: StoreTroubles = { failing: 0, isDown: false };
  let hanging: { readonly process: SimulatedProcess; readonly prefix: string; readonly untilMs: number }[] = [];

  function openFor(process: SimulatedProcess, onEffect: Parameters<SimulatedStore['openFor']>[1]): Store {
    const call = <Result>(key: string, kind: 'read' | 'write' | 'remove', effect: () => Result): Promise<Result> =>
      new Promise((resolve, reject) => {
        const held = hanging.filter((one) => one.process === process && key.startsWith(one.prefix));
        const hangMs = Math.max(0, ...held.map(({ untilMs }) => untilMs - world.nowMs()));
        const [there, back] = [hangMs + world.delay(...delays.there), world.delay(...delays.back)];
        const [fails, isLost, isEarly] = [world.happens(troubles.failing), world.happens(0.5), world.happens(0.5)];
        world.after(there, () => {
          if (!process.isAlive() && isLost) return;
          const isFailing = fails || troubles.isDown;
          let answer: () => void;
          if (isFailing && (isEarly || troubles.isDown)) answer = () => reject(storeFailed(key));
          else {
            try {
              const result = effect();
              onEffect?.(key, result === false ? 'read' : kind); // A putIfAbsent that came second.
              answer = isFailing ? () => reject(storeFailed(key)) : () => resolve(result);
            } catch (error) {
              const thrown = error instanceof Error ? error : new Error(String(error));
              answer = () => reject(thrown);
            }
          }
          world.after(back, () => process.reach(answer));
        });
      });
    const read = (key: string): Uint8Array => {
      const found = blobs.get(key);
      if (!found) throw new TandemError({ code: ErrorCode.NotFound, message: `There is no blob ${key}` });
      return found.slice();
    };
    const keysFrom = (prefix: string): string[] => [...blobs.keys()].filter((key) => key.startsWith(prefix)).sort();
    const store: Store = {
      url: 'file:/simulated',
      put: (key, bytes) => call(key, 'write', () => void blobs.set(key, bytes.slice())),
      async putPieces(key, pieces) {
        const copies: Uint8Array[] = [];
        for await (const piece of pieces()) copies.push(piece.slice());
        await store.put(key, Buffer.concat(copies));
      },
      putIfAbsent: (key, bytes) =>
        call(key, 'write', () => {
          if (blobs.has(key)) return false;
          blobs.set(key, bytes.slice());
          return true;
        }),
      get: (key) => call(key, 'read', () => read(key)),
      async *getPieces(key) {
        yield await store.get(key);
      },
      getRange: (key, offset, length) => call(key, 'read', () => read(key).subarray(offset, offset + length)),
      size: (key) => call(key, 'read', () => blobs.get(key)?.byteLength),
      async *list(prefix) {
        yield* await call(prefix, 'read', () => keysFrom(prefix));
      },
      async *folders(prefix) {
        const below = await call(prefix, 'read', () => keysFrom(prefix).map((key) => key.slice(prefix.length)));
        yield* new Set(below.filter((key) => key.includes('/')).map((key) => key.split('/')[0]!));
      },
      remove: (key) => call(key, 'remove', () => void blobs.delete(key)),
      removeAll: (prefix) => call(prefix, 'remove', () => keysFrom(prefix).forEach((key) => blobs.delete(key))),
      probe: () => probeStore(store, process.name),
      close: () => Promise.resolve(),
    };
    return store;
  }

  return {
    blobs,
    troubles,
    openFor,
    hang(process, prefix, forMs) {
      hanging = [...hanging, { process, prefix, untilMs: world.nowMs() + forMs }];
    },
    damage(key) {
      const bytes = blobs.get(key)?.slice();
      if (!bytes) return;
      const at = world.chance.below(bytes.byteLength);
      bytes[at] = bytes[at]! ^ 1;
      blobs.set(key, bytes);
    },
  };
}

function storeFailed(key: string): TandemError {
  return new TandemError({ code: ErrorCode.StoreFailed, message: `The store failed at ${key}`, retryable: true });
}
