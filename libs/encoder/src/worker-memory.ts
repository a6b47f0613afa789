import { microBatchPlan, shardPlan } from '#data/sampling/shard-plan.js';
import { bytesOf } from '#engine/tensor-spec.js';
import { hiddenWidth, modelTensors, parameterSpecs } from '#model/parameters/parameters.js';
import { trainableParameters, updatedTensors } from '#model/parameters/trainable-parameters.js';
import { bottlenecks } from '#model/towers/resnet-shape.js';
import { towerNames, type TowerName } from '#model/towers/tower-step.js';
import type { ClipConfig, RunConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';

/** Node.js with the engine, before it knows of a run. A worker on the CPU that waits has 208 MiB in memory. */
export const idleWorkerBytes = 128 * 2 ** 20;

export type ShardConfig = Pick<
  RunConfig,
  'model' | 'train' | 'precision' | 'batch' | 'shards' | 'shardSize' | 'microBatch'
>;

/**
 * At least the bytes that a worker needs for a run: itself, the parameters of both towers, the gradients of what is
 * trained, and the stash of the largest micro-batch in the tower where it is larger. What more it needs, temporary
 * tensors and other stashes above all, depends on its device. A worker with less than this cannot do the run's tasks.
 */
export function workerBytes(config: ShardConfig): number {
  const ofTowers = ({ tower }: { readonly tower: string }): boolean => tower !== 'loss';
  const parameters = bytesOfAll(modelTensors(config.model).filter(ofTowers));
  const gradients = bytesOfAll(updatedTensors(config).filter(ofTowers));
  const b = Math.max(
    ...shardPlan(config).flatMap(({ size }) => microBatchPlan(size, config).map((micro) => micro.size)),
  );
  return (
    idleWorkerBytes + parameters + gradients + Math.max(...towerNames.map((tower) => stashBytes(config, tower, b)))
  );
}

/** Can a worker with this memory do the tasks of a run that needs so much? One whose memory is not known may try. */
export function holdsRun(memoryBytes: number | null, neededBytes: number): boolean {
  return memoryBytes === null || memoryBytes >= neededBytes;
}

/**
 * At least the bytes of the stash of b pairs: of a Transformer, the results of the matmuls in each block but the last,
 * of which not all are kept; of a ResNet, the outputs of the bottlenecks. They are too dear to compute again. In a
 * narrower precision they may take half. 0 for a tower that is frozen in part, which keeps less.
 */
export function stashBytes(
  config: Pick<ShardConfig, 'model' | 'train' | 'precision'>,
  tower: TowerName,
  b: number,
): number {
  const ofTower = (one: { readonly tower: string }): boolean => one.tower === tower;
  const trained = trainableParameters(config).filter(ofTower).length;
  if (trained < parameterSpecs(config.model).filter(ofTower).length) return 0;
  return b * valuesOfPair(config.model, tower) * (config.precision === 'float32' ? 4 : 2);
}

function valuesOfPair({ vision_cfg: vision, text_cfg: text }: ClipConfig, tower: TowerName): number {
  if (tower === 'text') return blockValues(text, text.context_length);
  if (!isResNet(vision)) return blockValues(vision, (vision.image_size / vision.patch_size) ** 2 + 1);
  return bottlenecks(vision).reduce((sum, { side, stride, to }) => sum + (side / stride) ** 2 * to, 0);
}

/** Queries, keys and values, the output of the attention, and the hidden layer of the MLP, at each of L positions. */
function blockValues(
  tower: { readonly width: number; readonly layers: number; readonly mlp_ratio: number },
  positions: number,
): number {
  return (tower.layers - 1) * positions * (4 * tower.width + hiddenWidth(tower));
}

function bytesOfAll(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((bytes, { shape }) => bytes + bytesOf({ shape, dtype: 'float32' }), 0);
}
