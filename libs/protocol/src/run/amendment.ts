import { z } from 'zod';
import { documentShapeProblem } from '../input/document-shape.js';
import { configError, describeIssue } from './config-problems.js';
import { documentDifferences, type DocumentDifference } from './document-differences.js';
import { runConfigSchema, type RunConfig } from './run-config.js';

/**
 * What may change in a run document when its run is resumed: nothing that any past step depended on. It is written as
 * in the run document; what is left out stays as it is.
 */
export const amendmentSchema = z.strictObject({
  steps: runConfigSchema.shape.steps.min(1).optional(),
  evaluation: runConfigSchema.shape.evaluation.unwrap().optional(),
  checkpoint: runConfigSchema.shape.checkpoint.unwrap().optional(),
  priority: runConfigSchema.shape.priority.unwrap().optional(),
  tensorboard: runConfigSchema.shape.tensorboard.unwrap().optional(),
  limits: runConfigSchema.shape.limits.unwrap().optional(),
});
export const amendable = Object.keys(amendmentSchema.shape) as readonly (keyof Amendment)[];
export type Amendment = z.output<typeof amendmentSchema>;
export type AmendmentInput = z.input<typeof amendmentSchema>;

/** Throws CONFIG_INVALID, naming every key that may not change. */
export function parseAmendment(document: unknown): Amendment {
  return parsed(amendmentSchema, document, `change of the run, which may be of ${amendable.join(', ')} only,`);
}

/** What may change while a run is under way. */
export const priorityChangeSchema = z.strictObject({ priority: runConfigSchema.shape.priority.unwrap() });

/** Throws CONFIG_INVALID. */
export function parsePriorityChange(document: unknown): z.output<typeof priorityChangeSchema> {
  return parsed(priorityChangeSchema, document, 'change of the priority');
}

function parsed<Change>(schema: z.ZodType<Change>, document: unknown, what: string): Change {
  const shapeProblem = documentShapeProblem(document);
  if (shapeProblem) throw configError(what, [shapeProblem]);
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw configError(
    what,
    result.error.issues.flatMap((issue) => describeIssue(issue, document)),
  );
}

/** Another number of steps that a run was given when it was resumed. */
export const stepsChangeSchema = z.strictObject({
  at: z.string().describe('When the run was resumed.'),
  fromStep: z.int().min(0).describe('Number of steps that were committed then.'),
  from: z.int(),
  to: z.int(),
});
export type StepsChange = z.output<typeof stepsChangeSchema>;

/**
 * The document as it was in force when a step was taken. Only the number of steps matters for that: the learning rate
 * of a step depends on it. `changes` in the order in which they were made.
 */
export function configAt(config: RunConfig, changes: readonly StepsChange[], step: number): RunConfig {
  const steps = changes.findLast(({ fromStep }) => fromStep <= step)?.to ?? changes[0]?.from ?? config.steps;
  return steps === config.steps ? config : { ...config, steps };
}

/** Where two documents of one run differ in what may not change, such as `optimizer.learningRate`, in order. */
export function fixedDifferences(before: RunConfig, now: RunConfig): DocumentDifference[] {
  const free = new Set<string>([...amendable, 'name', 'store']);
  return documentDifferences(before, now).filter(({ path }) => !free.has(path.split('.')[0]!));
}
