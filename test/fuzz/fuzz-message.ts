/** What the process that runs the cases has to do. It is the only argument of the process, as JSON. */
export interface FuzzOrder {
  /** Compiled module that exports `targets`. */
  readonly module: string;
  readonly target: string;
  readonly seed: number;
  /** Cases [from, to). */
  readonly from: number;
  readonly to: number;
  readonly folder: string;
  /** How much physical memory the process may take. */
  readonly memoryBytes: number;
  /** No case begins later than this, in milliseconds since 1970. */
  readonly untilMs: number;
}

/** What the process reports: for each case its begin and its end, and after the last one that it has finished. */
export type FuzzMessage =
  | { readonly kind: 'begin'; readonly case: number }
  | {
      readonly kind: 'end';
      readonly case: number;
      readonly ms: number;
      readonly outcome: Outcome;
      readonly peakBytes: number;
    }
  /** Whether the reader still works is a case of its own, numbered after the last. */
  | { readonly kind: 'finished' };

export type Outcome =
  { readonly kind: 'accepted' } | { readonly kind: 'refused' } | { readonly kind: Verdict; readonly detail: string };

/** How a case can fail. */
export type Verdict = 'raw error' | 'crash' | 'hang' | 'memory';
