/** Where a step's blobs are; all are removed when the step is committed. */
export interface StepKeys {
  /** What all keys of the step start with. */
  readonly prefix: string;
  readonly parameters: string;
  /** `image` and `text` [n, d] of a shard: the answer of encode. */
  embeddings(shard: number): string;
  /** `image` and `text` [n, d] of a shard: dI and dT, from the loss. */
  embeddingGradients(shard: number): string;
  /** One tensor a parameter: the answer of backprop. */
  gradients(shard: number): string;
}

/** Every key of a run. Folders are without a slash at the end, prefixes with one. */
export interface RunKeys {
  readonly prefix: string;
  readonly document: string;
  readonly tokenizer: string;
  readonly status: string;
  readonly stepsPrefix: string;
  step(step: number): StepKeys;
  readonly journalPrefix: string;
  journal(step: number): string;
  /** The folder `writeCheckpoint` and its kin take. */
  readonly checkpoints: string;
  checkpoint(step: number): string;
}

export const runsPrefix = 'runs/';

/** The blobs of a checkpoint's folder, beside its manifest. */
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
    status: `${prefix}status.json`,
    stepsPrefix: `${prefix}steps/`,
    step: (step) => stepKeys(`${prefix}steps/${stepName(step)}/`),
    journalPrefix: `${prefix}journal/`,
    journal: (step) => `${prefix}journal/${stepName(step)}.safetensors`,
    checkpoints: `${prefix}checkpoints`,
    checkpoint: (step) => `${prefix}checkpoints/${stepName(step)}`,
  };
}

/** Nine digits, so that keys in byte order are steps in order. */
export function stepName(step: number): string {
  return String(step).padStart(9, '0');
}

/** The step a key names in its path or file name, if it names one. */
export function stepOf(key: string): number | undefined {
  const name = /(?:^|\/)(\d{9})(?=[./]|$)/.exec(key)?.[1];
  return name === undefined ? undefined : Number(name);
}

function stepKeys(prefix: string): StepKeys {
  return {
    prefix,
    parameters: `${prefix}parameters.safetensors`,
    embeddings: (shard) => `${prefix}embeddings/${shard}.safetensors`,
    embeddingGradients: (shard) => `${prefix}embedding-gradients/${shard}.safetensors`,
    gradients: (shard) => `${prefix}gradients/${shard}.safetensors`,
  };
}
