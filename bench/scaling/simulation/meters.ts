import type { Flows, Resource } from './flows.js';
import type { Host } from './host.js';

/** What can become the limit of a step, in the words of the page. */
export type Limit =
  | 'towers'
  | "the workers' threads"
  | "the coordinator's link"
  | 'the store'
  | 'sha256'
  | "the coordinator's thread"
  | 'loss';

export interface Meters {
  /** Begins to count. */
  reset(): void;
  /** What was busy since then, in so many seconds. */
  read(seconds: number): {
    /** The share of the time for which each was busy; of what each worker has, the mean over workers. */
    readonly busy: Readonly<Record<Limit, number>>;
    /** Seconds of cores, of all processes together. */
    readonly coreSeconds: number;
  };
}

export interface Metered {
  /** The coordinator. */
  readonly host: Host;
  readonly workers: readonly Host[];
  readonly storeTotal: Resource;
}

export function openMeters(flows: Flows, { host, workers, storeTotal }: Metered): Meters {
  const all = [host, ...workers];
  const cores = [...new Set(all.map(({ resources }) => resources.cores))];
  let before = new Map<Resource, number>();
  const given = (resource: Resource): number => flows.given(resource) - (before.get(resource) ?? 0);
  return {
    reset() {
      const resources = [storeTotal, ...cores, ...all.flatMap((one) => Object.values(one.resources))];
      before = new Map(resources.map((resource) => [resource, flows.given(resource)]));
    },
    read(seconds) {
      const share = (resource: Resource): number => given(resource) / (seconds * resource.capacity);
      const { script, hashing, device, in: incoming, out: outgoing } = host.resources;
      const mean = (part: 'device' | 'script'): number =>
        workers.reduce((sum, worker) => sum + share(worker.resources[part]), 0) / workers.length;
      const busy = {
        towers: mean('device'),
        "the workers' threads": mean('script'),
        "the coordinator's link": Math.max(share(incoming), share(outgoing)),
        'the store': share(storeTotal),
        sha256: share(hashing),
        "the coordinator's thread": share(script),
        loss: share(device),
      };
      return { busy, coreSeconds: cores.reduce((sum, one) => sum + given(one), 0) };
    },
  };
}
