import { z } from 'zod';

const checkpointSchema = z.strictObject({
  name: z.string().describe('The name of its folder, such as 000000500.000000003: its step, and who wrote it.'),
  step: z.int().describe('Number of committed steps.'),
  url: z.string(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int() })),
});

/** Response of GET /v1/runs/:id/checkpoints, the newest first. */
export const checkpointListSchema = z.strictObject({ checkpoints: z.array(checkpointSchema) });
export type CheckpointList = z.infer<typeof checkpointListSchema>;

/** Response of POST /v1/runs/:id/predict. */
export const predictionSchema = z.strictObject({
  checkpoint: z.string().describe('URL of the checkpoint.'),
  step: z.int().describe('Number of committed steps of the checkpoint.'),
  templates: z.array(z.string()).describe('The prompts that the labels were put into.'),
  predictions: z
    .array(z.strictObject({ label: z.string(), probability: z.number() }))
    .describe('Every label with its probability, the most probable first.'),
});
export type Prediction = z.infer<typeof predictionSchema>;
