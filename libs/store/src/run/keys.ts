/** Keys of the blobs of one step, as one leader takes it. All are removed once the step is committed. */
export interface StepKeys {
  /** Prefix of all keys of the step. */
  readonly prefix: string;
  readonly parameters: string;
  /**
   * `image` and `text` embeddings [n, d] of `count` shards, the result of encode by one worker. Results have the name
   * of their worker, so that one that is wrong never stands in the place of another.
   */
  embeddings(first: number, count: number, worker: string): string;
  /** `image` and `text` [n, d] of `count` shards: the gradients dI and dT from the loss. */
  embeddingGradients(first: number, count: number): string;
  /** One gradient tensor per parameter, the result of backprop by one worker: the sum over `count` shards. */
  gradients(first: number, count: number, worker: string): string;
  /** Features of the images in `count` shards of a data set, computed by one worker. */
  features(dataHash: string, first: number, count: number, worker: string): string;
  /** The counts of a file of a corpus, by one worker. */
  counts(file: number, worker: string): string;
  /** What came of the pictures of a task of a download, the result of one worker. */
  pictures(task: number, worker: string): string;
}

/** Every key of a run. Folders end without a slash, prefixes end with one. */
export interface RunKeys {
  readonly prefix: string;
  readonly document: string;
  readonly tokenizer: string;
  /** The sha256 of the data set's manifest, which says whether it is still the same data set. */
  readonly dataset: string;
  readonly status: string;
  /** What has happened to the run. */
  readonly events: string;
  /** Of a count of texts: the counts of each file, and what was left out of it. */
  readonly countsPrefix: string;
  counts(file: number): string;
  countsLeftOut(file: number): string;
  /** Of a download: what its list was found to be, once it is read, and the pictures of each tar. */
  readonly lists: string;
  list(tar: number): string;
  readonly stepsPrefix: string;
  /** `epoch` is the leader's: one that was taken for dead can remove and overwrite nothing of the one after it. */
  step(step: number, epoch: number): StepKeys;
  /** The folder of TensorBoard's event files. */
  readonly tensorboard: string;
  /** The folder of the confusion matrices of the evaluations after a step. */
  confusions(step: number): string;
  readonly journalPrefix: string;
  journal(step: number): string;
  /** The record that makes a step's gradient count. */
  journalRecord(step: number): string;
  /** The folder that `writeCheckpoint` and the other functions of checkpoint.ts take as `prefix`. */
  readonly checkpoints: string;
  /** The folder of the checkpoint that the leader of this epoch wrote. */
  checkpoint(step: number, epoch: number): string;
}

export const runsPrefix = 'runs/';

/** The index of runs that have ended and are not listed: see ended-runs-index.ts of the coordinator. */
export const endedRunsKey = 'ended-runs.jsonl';

/** File names in a checkpoint's folder, besides the manifest. */
export const checkpointBlobs = {
  parameters: 'parameters.safetensors',
  optimizer: 'optimizer.safetensors',
  tokenizer: 'tokenizer.json',
  config: 'config.json',
  metrics: 'metrics.jsonl',
} as const;

export function runKeys(run: string): RunKeys {
  const prefix = `${runsPrefix}${run}/`;
  return {
    prefix,
    document: `${prefix}run.json`,
    tokenizer: `${prefix}tokenizer.json`,
    dataset: `${prefix}dataset.sha256`,
    status: `${prefix}status.json`,
    events: `${prefix}events.json`,
    countsPrefix: `${prefix}counts/`,
    counts: (file) => `${prefix}counts/${stepName(file)}.counts.gz`,
    countsLeftOut: (file) => `${prefix}counts/${stepName(file)}.json`,
    lists: `${prefix}lists/read.json`,
    list: (tar) => `${prefix}lists/${stepName(tar)}.json`,
    stepsPrefix: `${prefix}steps/`,
    step: (step, epoch) => stepKeys(`${prefix}steps/${stepName(step)}.${stepName(epoch)}/`),
    tensorboard: `${prefix}tensorboard`,
    confusions: (step) => `${prefix}confusions/${stepName(step)}`,
    journalPrefix: `${prefix}journal/`,
    journal: (step) => `${prefix}journal/${stepName(step)}.safetensors`,
    journalRecord: (step) => `${prefix}journal/${stepName(step)}.json`,
    checkpoints: `${prefix}checkpoints`,
    checkpoint: (step, epoch) => `${prefix}checkpoints/${stepName(step)}.${stepName(epoch)}`,
  };
}

/** Nine digits, so that byte order of the keys is step order. */
export function stepName(step: number): string {
  return String(step).padStart(9, '0');
}

/** The step in a key's path or file name, or undefined if it contains none. */
export function stepOf(key: string): number | undefined {
  const name = /(?:^|\/)(\d{9})(?=[./]|$)/.exec(key)?.[1];
  return name === undefined ? undefined : Number(name);
}

/** The epoch beside the step in a key's path; 0 if there is none, as in the keys of earlier versions. */
export function epochOf(key: string): number {
  return Number(/(?:^|\/)\d{9}\.(\d{9})(?=\/|$)/.exec(key)?.[1] ?? 0);
}

function stepKeys(prefix: string): StepKeys {
  return {
    prefix,
    parameters: `${prefix}parameters.safetensors`,
    embeddings: (first, count, worker) => `${prefix}embeddings/${shardsName(first, count)}.${worker}.safetensors`,
    embeddingGradients: (first, count) => `${prefix}embedding-gradients/${shardsName(first, count)}.safetensors`,
    gradients: (first, count, worker) => `${prefix}gradients/${shardsName(first, count)}.${worker}.safetensors`,
    features: (dataHash, first, count, worker) =>
      `${prefix}features/${dataHash}/${shardsName(first, count)}.${worker}.safetensors`,
    counts: (file, worker) => `${prefix}counts/${file}.${worker}.counts.gz`,
    pictures: (task, worker) => `${prefix}pictures/${task}.${worker}.spool`,
  };
}

/** `3`, or `4-7`. */
function shardsName(first: number, count: number): string {
  return count === 1 ? String(first) : `${first}-${first + count - 1}`;
}
