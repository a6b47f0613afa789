import type { Machine, StoreRates } from '../machines.js';
import type { Flows, Resource, Use } from './flows.js';

/** What all processes of a pool share. */
export interface Surroundings {
  readonly machine: Machine;
  readonly store: StoreRates;
  /** What the store moves for all of them together, in bytes. */
  readonly storeTotal: Resource;
  /** The cores, where all are on one machine. */
  readonly cores: Resource;
}

/** A process and what it computes and moves with. Each method resolves when that much simulated time has passed. */
export interface Host {
  /** Work of the one thread that runs JavaScript, in seconds. */
  script(seconds: number): Promise<void>;
  /** sha256 of a blob: by the thread for that, if the blob is large and in shared memory. */
  hash(bytes: number, isShared?: boolean): Promise<void>;
  /** Towers or loss, in seconds of the device. */
  compute(seconds: number): Promise<void>;
  /** Adds or updates, in seconds of all threads of the optimizer. */
  optimize(seconds: number): Promise<void>;
  /** Decodes and augments pairs, on any core that is free. */
  load(pairs: number): Promise<void>;
  /** Reads a blob; the JavaScript thread has so much to do with each byte meanwhile. */
  read(bytes: number, scriptSecondsPerByte?: number): Promise<void>;
  /** Writes a blob. One that is made while it is written waits for each piece of a file. */
  write(bytes: number, how?: { readonly scriptSecondsPerByte?: number; readonly isDurable?: boolean }): Promise<void>;
  /** What it takes its time from. Cores may be shared with other processes. */
  readonly resources: Readonly<Record<'cores' | 'script' | 'hashing' | 'device' | 'in' | 'out', Resource>>;
}

/** Blobs from this size on go to the thread that hashes (see content-hash.ts). */
const hashingThreadBytesMin = 16 * 2 ** 20;
/** The threads of libuv, which read files and decode images. */
const loadingThreads = 4;

export interface HostOptions {
  readonly name: string;
  readonly flows: Flows;
  /** Waits for simulated time. */
  readonly sleep: (ms: number) => Promise<void>;
  /** How much slower than the machine's rate its device is: 1 if it is not. */
  readonly slowness?: number | undefined;
}

export function openHost(
  { machine, store, storeTotal, cores: sharedCores }: Surroundings,
  { name, flows, sleep, slowness = 1 }: HostOptions,
): Host {
  const resource = (part: string, capacity: number): Resource => ({ name: `${name}: ${part}`, capacity });
  const cores = machine.isShared ? sharedCores : resource('cores', machine.cores);
  const script = resource('script', 1);
  const hashing = resource('hashing', 1);
  const device = resource('device', 1 / slowness);
  const optimizer = resource('optimizer', 1);
  const loading = resource('loading', loadingThreads);
  const incoming = resource('link in', store.readBytesPerSecond);
  const outgoing = resource('link out', store.writeBytesPerSecond);
  const together = (of: Resource, coresBusy: number): Use[] => [
    { of, each: 1 },
    { of: cores, each: coresBusy },
  ];
  const thread = (of: Resource): Use[] => together(of, 1);
  /** A file is copied by a core. */
  const copied = (rate: number): number => (store.kind === 'file' ? 1 / rate : 0);
  const moved = (link: Resource, scriptSeconds: number, waitSeconds: number): Use[] => [
    { of: link, each: 1 },
    { of: storeTotal, each: 1 },
    { of: script, each: scriptSeconds + waitSeconds },
    { of: cores, each: scriptSeconds + copied(link.capacity) },
  ];
  const [hashingLine, deviceLine, optimizerLine] = [inLine(), inLine(), inLine()];
  return {
    resources: { cores, script, hashing, device, in: incoming, out: outgoing },
    script: (seconds) => flows.run(seconds, thread(script)),
    hash(bytes, isShared = false) {
      const seconds = bytes / machine.hashBytesPerSecond;
      if (!isShared || bytes < hashingThreadBytesMin) return flows.run(seconds, thread(script));
      return hashingLine(() => flows.run(seconds, thread(hashing)));
    },
    compute: (seconds) => deviceLine(() => flows.run(seconds, together(device, machine.deviceCores))),
    optimize: (seconds) => optimizerLine(() => flows.run(seconds, together(optimizer, machine.optimizerThreads))),
    load: (pairs) => flows.run(pairs / machine.loadPairsPerSecond, thread(loading)),
    async read(bytes, scriptSecondsPerByte = 0) {
      await sleep(store.readMs);
      await flows.run(bytes, moved(incoming, scriptSecondsPerByte, 0));
    },
    async write(bytes, { scriptSecondsPerByte = 0, isDurable = false } = {}) {
      await sleep(store.writeMs);
      const waitSeconds = scriptSecondsPerByte > 0 ? copied(store.writeBytesPerSecond) : 0;
      await flows.run(bytes, moved(outgoing, scriptSecondsPerByte, waitSeconds));
      if (isDurable) await sleep(store.durableMs);
    },
  };
}

/** A thread of its own does one call after another, in the order in which they come. */
function inLine(): (work: () => Promise<void>) => Promise<void> {
  let last = Promise.resolve();
  return (work) => {
    last = last.then(work);
    return last;
  };
}
