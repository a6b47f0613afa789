import type { OnnxType } from '#inference/export/transformers-config.js';
import type { Prediction } from '#protocol/history/checkpoint-list.js';
import type { WireError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';
import type { CheckpointPlace } from './run-checkpoints.js';

interface NamedCheckpoint {
  readonly checkpoint: CheckpointPlace;
  readonly storeAccess: StoreAccess;
}

/** Asks for the probability of each label for an image. */
export interface PredictCall extends NamedCheckpoint {
  readonly kind: 'predict';
  readonly image: Uint8Array;
  readonly labels: readonly string[];
  /** Those of the run's evaluation if left out. */
  readonly templates?: readonly string[] | undefined;
  readonly threads: number;
}

/** Writes a checkpoint as ONNX files to a folder. */
export interface ExportCall extends NamedCheckpoint {
  readonly kind: 'export';
  readonly folder: string;
  readonly type: OnnxType;
}

export type ModelCall = PredictCall | ExportCall;

export interface ExportedFile {
  readonly path: string;
  readonly bytes: number;
}

export interface Failed {
  readonly failed: WireError;
}

export interface ModelResults {
  readonly predict: Prediction | Failed;
  readonly export: { readonly files: readonly ExportedFile[] } | Failed;
}
