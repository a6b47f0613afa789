import type { z } from 'zod';
import { auditEntrySchema, auditPageSchema } from '#protocol/access/audit-entry.js';
import {
  keyListSchema,
  keyStatusSchema,
  madeKeySchema,
  newKeySchema,
  poolKeySchema,
} from '#protocol/access/api-key.js';
import { downloadConfigSchema } from '#protocol/document/download-config.js';
import { queriesConfigSchema } from '#protocol/document/queries-config.js';
import { runDocumentSchema } from '#protocol/document/run-document.js';
import { problemBodySchema } from '#protocol/error-body.js';
import { checkpointListSchema, predictionSchema } from '#protocol/history/checkpoint-list.js';
import { eventLogSchema } from '#protocol/history/event-log.js';
import { dataSetListSchema, featuresProgressSchema, imageSearchSchema } from '#protocol/history/image-search.js';
import { amendmentSchema, priorityChangeSchema } from '#protocol/run/amendment.js';
import { evaluationResultSchema } from '#protocol/run/evaluation-result.js';
import { weightsSchema } from '#protocol/run/initial-weights.js';
import { lossSchema } from '#protocol/run/loss-config.js';
import { clipConfigSchema, runConfigSchema } from '#protocol/run/run-config.js';
import {
  metricsPageSchema,
  runListSchema,
  runStateSchema,
  runStatusSchema,
  stepMetricsSchema,
  workerListSchema,
  workerStatusSchema,
} from '#protocol/run/run-status.js';
import { readinessSchema } from '../readiness.js';
import {
  checkedDocumentSchema,
  documentedStatusSchema,
  resolvedDocumentSchema,
  resolvedTrainingSchema,
  streamEventSchema,
} from './run-schemas.js';

const { shape } = runConfigSchema;
const [zeroShot, linearProbe, fewShot, retrieval] = evaluationResultSchema.options;
const [visionTransformer, resNet] = clipConfigSchema.shape.vision_cfg.options;
const evaluations = shape.evaluation.unwrap().shape;

/** The names of the schemas that the description of the API writes once. */
export const schemaNames: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [runDocumentSchema, 'RunDocument'],
  [runConfigSchema, 'TrainingDocument'],
  [downloadConfigSchema, 'DownloadDocument'],
  [queriesConfigSchema, 'CountDocument'],
  [resolvedTrainingSchema, 'ResolvedTrainingDocument'],
  [resolvedDocumentSchema, 'ResolvedRunDocument'],
  [clipConfigSchema, 'ModelConfig'],
  [clipConfigSchema.shape.vision_cfg, 'VisionConfig'],
  [visionTransformer, 'VisionTransformerConfig'],
  [resNet, 'ResNetConfig'],
  [clipConfigSchema.shape.text_cfg, 'TextConfig'],
  [weightsSchema, 'InitialWeights'],
  [shape.tokenizer.unwrap(), 'TokenizerConfig'],
  [shape.train.unwrap(), 'TrainableConfig'],
  [shape.data, 'DataConfig'],
  [shape.data.shape.train.options[1].element, 'TrainSource'],
  [shape.data.shape.augmentation.unwrap(), 'AugmentationConfig'],
  [lossSchema, 'LossConfig'],
  [shape.optimizer.unwrap(), 'OptimizerConfig'],
  [shape.schedule.unwrap(), 'ScheduleConfig'],
  [shape.evaluation.unwrap(), 'EvaluationConfig'],
  [evaluations.zeroShot.unwrap().element, 'ZeroShotConfig'],
  [evaluations.linearProbe.unwrap().element, 'LinearProbeConfig'],
  [evaluations.fewShot.unwrap().element, 'FewShotConfig'],
  [evaluations.retrieval.unwrap().element, 'RetrievalConfig'],
  [shape.checkpoint.unwrap(), 'CheckpointConfig'],
  [shape.limits.unwrap(), 'LimitsConfig'],
  [amendmentSchema, 'Amendment'],
  [documentedStatusSchema, 'RunStatus'],
  [runListSchema, 'RunList'],
  [runListSchema.shape.runs.element, 'RunSummary'],
  [runStateSchema, 'RunState'],
  [runStatusSchema.shape.error.unwrap(), 'RunError'],
  [runStatusSchema.shape.download.unwrap(), 'DownloadAccount'],
  [runStatusSchema.shape.derived.unwrap(), 'DerivedNumbers'],
  [runStatusSchema.shape.best.unwrap().unwrap(), 'BestResult'],
  [runStatusSchema.shape.stepsChanges.unwrap().element, 'StepsChange'],
  [stepMetricsSchema, 'StepMetrics'],
  [metricsPageSchema, 'MetricsPage'],
  [evaluationResultSchema, 'EvaluationResult'],
  [zeroShot, 'ZeroShotResult'],
  [linearProbe, 'LinearProbeResult'],
  [fewShot, 'FewShotResult'],
  [retrieval, 'RetrievalResult'],
  [streamEventSchema, 'StreamEvent'],
  [streamEventSchema.options[0], 'StepEvent'],
  [streamEventSchema.options[1], 'StatusEvent'],
  [checkedDocumentSchema, 'CheckedDocument'],
  [eventLogSchema, 'EventLog'],
  [eventLogSchema.shape.events.element, 'LoggedEvent'],
  [checkpointListSchema, 'CheckpointList'],
  [checkpointListSchema.shape.checkpoints.element, 'Checkpoint'],
  [predictionSchema, 'Prediction'],
  [dataSetListSchema, 'DataSetList'],
  [featuresProgressSchema, 'FeaturesProgress'],
  [imageSearchSchema, 'ImageSearch'],
  [priorityChangeSchema, 'PriorityChange'],
  [workerListSchema, 'WorkerList'],
  [workerStatusSchema, 'Worker'],
  [newKeySchema, 'NewKey'],
  [madeKeySchema, 'MadeKey'],
  [keyListSchema, 'KeyList'],
  [keyStatusSchema, 'Key'],
  [poolKeySchema, 'PoolKey'],
  [auditPageSchema, 'AuditPage'],
  [auditEntrySchema, 'AuditEntry'],
  [readinessSchema, 'Readiness'],
  [problemBodySchema, 'Problem'],
]);
