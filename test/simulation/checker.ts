import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { checkpointBlobs, runKeys, stepOf } from '#store/run/keys.js';
import type { SmallRun } from './small-run.js';

/** What a run left, to the last bit: of an undisturbed run, what every other must leave. */
export interface Outcome {
  /** sha256 of each step's gradient, by step. */
  readonly gradients: ReadonlyMap<number, string>;
  /** The numbers of each committed step, by the number of committed steps. */
  readonly curve: ReadonlyMap<number, string>;
  /** sha256 of the last checkpoint's parameters and moments; undefined if there is none. */
  readonly parameters: string | undefined;
  readonly moments: string | undefined;
  /** What is wrong with the last checkpoint. */
  readonly damage: readonly string[];
}

/** Watches a run and notes what should not be. */
export interface Checker {
  readonly problems: readonly string[];
  problem(text: string): void;
  /** Whether a process has the newest claim, as the store shows it. */
  leads(process: string): boolean;
  /** A process has written a blob, or what it read or wrote of the journal took effect. */
  effect(process: string, key: string, kind: 'read' | 'write' | 'remove'): void;
  /** A process says that a step is committed, or was before it began. */
  committed(process: string, metrics: StepMetrics): void;
  restored(metrics: readonly StepMetrics[]): void;
  outcome(): Outcome;
}

export function openChecker(
  { id, config }: SmallRun,
  blobs: ReadonlyMap<string, Uint8Array>,
  expected: Outcome | undefined,
): Checker {
  const keys = runKeys(id);
  const problems: string[] = [];
  const problem = (text: string): void => void (problems.length < 20 && problems.push(text));
  const gradients = new Map<number, string>();
  const curve = new Map<number, string>();
  /** Whether a process led when its last call about a step's journal entry took effect. */
  const led = new Map<string, boolean>();

  const leads = (process: string): boolean =>
    [...blobs].some(([key, bytes]) => key.endsWith('/claim.json') && textOf(bytes).includes(`"${process}"`));
  const numbers = (metrics: StepMetrics): void => {
    const { step } = metrics;
    const text = numbersText(metrics);
    const known = expected?.curve.get(step) ?? curve.get(step) ?? text;
    if (text !== known) problem(`step ${step} has other numbers: ${text}, expected ${known}`);
    curve.set(step, text);
  };
  /** Of one step, that of the latest leader counts. */
  const lastFolder = (): string => {
    const isManifest = (key: string): boolean =>
      key.startsWith(keys.checkpoints) && key.endsWith('/manifest.json') && stepOf(key) === config.steps;
    return dirname([...blobs.keys()].filter(isManifest).sort().at(-1) ?? `${keys.checkpoints}/none`);
  };
  const last = (name: string): string | undefined => {
    const bytes = blobs.get(`${lastFolder()}/${name}`);
    return bytes && sha256(bytes);
  };
  return {
    problems,
    problem,
    leads,
    effect(process, key, kind) {
      if (!key.startsWith(keys.journalPrefix)) return;
      const step = stepOf(key)!;
      led.set(`${process} ${step}`, leads(process));
      if (kind !== 'write' || key !== keys.journal(step)) return;
      const hash = sha256(blobs.get(key)!);
      const known = expected?.gradients.get(step);
      if (known !== undefined && hash !== known) problem(`${process} wrote another gradient of step ${step}`);
      gradients.set(step, hash);
    },
    committed(process, metrics) {
      numbers(metrics);
      if (led.get(`${process} ${metrics.step - 1}`) !== true)
        problem(`${process} committed step ${metrics.step} when another coordinator had taken over`);
    },
    restored: (metrics) => metrics.forEach(numbers),
    outcome: () => ({
      gradients,
      curve,
      parameters: last(checkpointBlobs.parameters),
      moments: last(checkpointBlobs.optimizer),
      damage: damageOf(blobs, lastFolder()),
    }),
  };
}

/** How an outcome differs from that of the undisturbed run. */
export function differences(got: Outcome, expected: Outcome): string[] {
  return [
    ...(got.parameters === expected.parameters ? [] : ['the parameters have other bits']),
    ...(got.moments === expected.moments ? [] : ['the moments have other bits']),
    ...got.damage,
    ...[...expected.curve.keys()].filter((step) => !got.curve.has(step)).map((step) => `step ${step} has no numbers`),
  ];
}

function damageOf(blobs: ReadonlyMap<string, Uint8Array>, folder: string): string[] {
  const text = blobs.get(`${folder}/manifest.json`);
  if (!text) return [`there is no ${folder}/manifest.json`];
  const manifest = JSON.parse(textOf(text)) as {
    readonly blobs: Readonly<Record<string, { readonly sha256: string }>>;
  };
  return Object.entries(manifest.blobs)
    .filter(([name, expected]) => sha256(blobs.get(`${folder}/${name}`) ?? new Uint8Array()) !== expected.sha256)
    .map(([name]) => `${folder}/${name} is not what the manifest says`);
}

function numbersText({ step, loss, accuracy, logitScale, learningRate, gradientNorm }: StepMetrics): string {
  return JSON.stringify({ step, loss, accuracy, logitScale, learningRate, gradientNorm });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
