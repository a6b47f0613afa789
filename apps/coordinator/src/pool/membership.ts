/** What may happen to a worker of the pool. */
export type WorkerChange = 'joined' | 'left' | 'lost';

/** What has happened to workers since the coordinator started, in numbers. */
export interface Membership {
  /** Workers that joined. */
  readonly joined: number;
  /** Workers that said that they leave. */
  readonly left: number;
  /** Workers that fell silent. */
  readonly lost: number;
  /** Heartbeats that workers owed and that were not seen. */
  readonly heartbeatsMissed: number;
}
