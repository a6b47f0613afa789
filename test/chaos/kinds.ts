/** What a fault strikes. Two faults of one group are never at work at the same time. */
export type FaultGroup = 'workers' | 'coordinator' | 'redis' | 'store';
export type StoreKind = 'file' | 's3';

export interface KindFacts {
  readonly group: FaultGroup;
  /** The stores with which this can happen. */
  readonly stores: readonly StoreKind[];
  /**
   * When recovery begins. A pool can go on without a worker at once, so its loss counts from the `start`. It cannot go
   * on without Redis, store or its only coordinator: there the time counts from the `end` of the fault.
   */
  readonly recoversFrom: 'start' | 'end';
  /** How long the fault lasts: the shortest and the longest time. */
  readonly lastsMs: readonly [number, number];
}

const both: readonly StoreKind[] = ['file', 's3'];

/** Everything that a run must survive. `npm run chaos` lets each kind act several times. */
export const faultKinds = {
  'worker-killed': { group: 'workers', stores: both, recoversFrom: 'start', lastsMs: [0, 0] },
  'worker-frozen': { group: 'workers', stores: both, recoversFrom: 'start', lastsMs: [2500, 4500] },
  'worker-joins': { group: 'workers', stores: both, recoversFrom: 'start', lastsMs: [0, 0] },
  'worker-leaves': { group: 'workers', stores: both, recoversFrom: 'start', lastsMs: [0, 0] },
  'worker-garbage': { group: 'workers', stores: both, recoversFrom: 'start', lastsMs: [500, 1500] },
  'worker-miscomputes': { group: 'workers', stores: both, recoversFrom: 'start', lastsMs: [500, 1500] },
  'coordinator-killed': { group: 'coordinator', stores: both, recoversFrom: 'end', lastsMs: [0, 1500] },
  'coordinator-killed-standby': { group: 'coordinator', stores: both, recoversFrom: 'start', lastsMs: [0, 0] },
  'coordinator-frozen': { group: 'coordinator', stores: both, recoversFrom: 'start', lastsMs: [4500, 6500] },
  'coordinator-stopped': { group: 'coordinator', stores: both, recoversFrom: 'end', lastsMs: [0, 1500] },
  'redis-killed': { group: 'redis', stores: both, recoversFrom: 'end', lastsMs: [200, 2000] },
  'redis-emptied': { group: 'redis', stores: both, recoversFrom: 'end', lastsMs: [200, 2000] },
  'redis-read-only': { group: 'redis', stores: both, recoversFrom: 'end', lastsMs: [200, 1000] },
  'redis-full': { group: 'redis', stores: both, recoversFrom: 'end', lastsMs: [200, 1000] },
  'answers-duplicated': { group: 'redis', stores: both, recoversFrom: 'end', lastsMs: [0, 0] },
  'answers-reordered': { group: 'redis', stores: both, recoversFrom: 'end', lastsMs: [0, 0] },
  'disk-full': { group: 'store', stores: ['file'], recoversFrom: 'end', lastsMs: [300, 1500] },
  's3-unavailable': { group: 'store', stores: ['s3'], recoversFrom: 'end', lastsMs: [300, 2000] },
  's3-hanging': { group: 'store', stores: ['s3'], recoversFrom: 'end', lastsMs: [1000, 4000] },
  's3-cut': { group: 'store', stores: ['s3'], recoversFrom: 'start', lastsMs: [0, 0] },
  's3-answer-lost': { group: 'store', stores: ['s3'], recoversFrom: 'start', lastsMs: [0, 0] },
  's3-token-expired': { group: 'store', stores: ['s3'], recoversFrom: 'end', lastsMs: [300, 1500] },
  's3-full': { group: 'store', stores: ['s3'], recoversFrom: 'end', lastsMs: [300, 1500] },
} as const satisfies Readonly<Record<string, KindFacts>>;

export type FaultKind = keyof typeof faultKinds;

/** All kinds that can happen with a store, in the order of the table above. */
export function kindsFor(store: StoreKind): FaultKind[] {
  return (Object.keys(faultKinds) as FaultKind[]).filter((kind) => factsOf(kind).stores.includes(store));
}

export function factsOf(kind: FaultKind): KindFacts {
  return faultKinds[kind];
}
