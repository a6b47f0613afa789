import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sum } from 'd3-array';
import type { EngineOptions } from '#engine/run/engine-message.js';
import { openProfiledDevice } from '#engine/run/open-device.js';
import type { OrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { breakdown, medianRun, timeOf, type Share, type StagedRun } from '#engine/profile/breakdown.js';
import { blockOf, layerOf } from '#engine/profile/layer.js';
import type { ProgramProfile } from '#engine/profile/program-profile.js';
import type { Precision } from '#engine/tensor-spec.js';
import { forwardFlops } from '#model/flops/flops.js';
import type { TowerName } from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { openEncoder, type Encoder } from '#encoder/encoder.js';
import { madeUpParameters, madeUpSamples } from '#encoder/made-up-values.js';

export interface PartProfile {
  readonly part: 'forward' | 'backward';
  readonly timeMs: number;
  /** The part of `timeMs` that matmuls took. */
  readonly matmulMs: number;
  /** Operations of the matmuls that ran, a multiply-add counted as two. */
  readonly flops: number;
  /** Operations by the formula that models are compared by; backward counts as twice forward. */
  readonly formulaFlops: number;
  readonly kernels: number;
  readonly graphBytes: number;
}

/** Where the time of one micro-batch goes in one tower. */
export interface TowerProfile {
  readonly tower: TowerName;
  /** Time to trace, lower and compile both parts. */
  readonly buildMs: number;
  /** Bytes of activations kept from forward to backward. */
  readonly stashBytes: number;
  readonly parts: readonly PartProfile[];
  readonly operators: readonly Share[];
  readonly layers: readonly Share[];
  /** The layers' times added up by block, and by place within a block. */
  readonly blocks: readonly Share[];
  readonly places: readonly Share[];
}

export interface TowerProfileOptions {
  readonly device: Pick<EngineOptions, 'kind' | 'threads'>;
  readonly precision?: Precision;
  readonly config: ClipConfig;
  readonly tower: TowerName;
  /** Pairs in a micro-batch. */
  readonly b: number;
  /** Runs measured, after one warm-up run. */
  readonly runs: number;
  readonly now: () => number;
}

/** Run a tower forward and backward, as a worker does, and collect ONNX Runtime's own timing of each kernel. */
export async function profileTower(options: TowerProfileOptions): Promise<TowerProfile> {
  const profileFolder = await mkdtemp(join(tmpdir(), 'tandem-profile-'));
  try {
    const device = await openProfiledDevice({ ...options.device, profileFolder });
    return await profileOn(device, options).finally(() => device.close());
  } finally {
    await rm(profileFolder, { recursive: true, force: true });
  }
}

async function profileOn(
  device: OrtDevice,
  { precision = 'float32', config, tower: name, b, runs, now }: TowerProfileOptions,
): Promise<TowerProfile> {
  const tower = await openEncoder(device, config, name, { precision });
  const start = now();
  const stashBytes = await tower.stashBytes(b);
  const buildMs = now() - start;
  for (const [parameter, values] of Object.entries(madeUpParameters(config, name)))
    await tower.setParameter(parameter, values);
  await runTower(tower, { config, name, b, runs: runs + 1 });
  const [forward, backward] = partsOf(await device.takeProfiles());
  const run = { forward: medianRun(forward), backward: medianRun(backward) };
  const formulaFlops = b * forwardFlops(config, name);
  return {
    tower: name,
    buildMs,
    stashBytes,
    parts: [partProfile(forward, 'forward', formulaFlops), partProfile(backward, 'backward', 2 * formulaFlops)],
    ...breakdowns(run),
  };
}

async function runTower(
  tower: Encoder,
  {
    config,
    name,
    b,
    runs,
  }: { readonly config: ClipConfig; readonly name: TowerName; readonly b: number; readonly runs: number },
): Promise<void> {
  const samples = madeUpSamples(config, name, b);
  for (let run = 0; run < runs; run++) {
    const { rows, stash } = await tower.forward(samples);
    // Any values do as gradients; the embeddings have the right shape.
    await tower.backward(samples, rows, stash);
    await stash.dispose();
  }
}

function partsOf(profiles: readonly ProgramProfile[]): [ProgramProfile, ProgramProfile] {
  const named = (part: ProgramProfile['part']): ProgramProfile => {
    const found = profiles.find((profile) => profile.part === part && profile.runs.length > 0);
    if (!found) throw new Error(`internal: ONNX Runtime wrote no profile of the ${part} part`);
    return found;
  };
  return [named('forward'), named('backward')];
}

function partProfile(profile: ProgramProfile, part: PartProfile['part'], formulaFlops: number): PartProfile {
  const { timeMs, kernels } = medianRun(profile);
  const matmuls = kernels.filter(({ flops }) => flops > 0);
  return {
    part,
    timeMs,
    matmulMs: sum(matmuls, (kernel) => kernel.timeMs),
    flops: sum(matmuls, (kernel) => kernel.flops),
    formulaFlops,
    kernels: kernels.length,
    graphBytes: profile.graphBytes,
  };
}

function breakdowns(run: StagedRun): Pick<TowerProfile, 'operators' | 'layers' | 'blocks' | 'places'> {
  return {
    operators: breakdown(run, ({ operator }) => operator).toSorted((a, b) => timeOf(b) - timeOf(a)),
    layers: breakdown(run, layerOf),
    blocks: breakdown(run, (kernel) => blockOf(layerOf(kernel)).block),
    places: breakdown(run, (kernel) => blockOf(layerOf(kernel)).place),
  };
}
