/** How many workers have come and gone since the coordinator started. */
export interface Membership {
  readonly joined: number;
  /** Said that they leave. */
  readonly left: number;
  /** Fell silent. */
  readonly lost: number;
}
