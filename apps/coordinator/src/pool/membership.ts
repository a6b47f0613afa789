/** What may happen to a worker of the pool. */
export type WorkerChange = 'joined' | 'left' | 'lost';

/** How many workers have come and gone since the coordinator started. */
export interface Membership {
  readonly joined: number;
  /** Said that they leave. */
  readonly left: number;
  /** Fell silent. */
  readonly lost: number;
  /** Heartbeats that workers owed and that were not seen. */
  readonly heartbeatsMissed: number;
}
