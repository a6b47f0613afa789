/** What the name of a task says, which is `run.epoch.step.kind.shards`. */
export interface NamedTask {
  readonly run: string;
  /** Number of the step that it is for; of features, of the step whose parameters are evaluated. */
  readonly step: number;
  /** encode, backprop or features. */
  readonly kind: string;
  /** `3` or `4-7`. */
  readonly shards: string;
}

/** Undefined for a name of another form. */
export function readTaskName(name: string): NamedTask | undefined {
  const [, run, step, kind, shards] = /^(.+)\.\d+\.(\d+)\.([a-z]+)(?:-[0-9a-f]+)?\.(\d+(?:-\d+)?)$/.exec(name) ?? [];
  if (run === undefined || step === undefined || kind === undefined || shards === undefined) return undefined;
  return { run, step: kind === 'features' ? Number(step) : Number(step) + 1, kind, shards };
}
