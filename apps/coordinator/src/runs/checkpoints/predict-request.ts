import { z } from 'zod';
import { sentImageBytesMax, sentLabelsMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** A field of a form comes as one value, or as a list if it is there several times. */
const repeated = (schema: z.ZodString, most: number): z.ZodType<string[]> =>
  z.preprocess(
    (value) => (value === undefined ? [] : typeof value === 'string' ? [value] : value),
    z.array(schema).max(most),
  );

const fieldsSchema = z.strictObject({
  label: repeated(z.string().trim().min(1).max(1000), sentLabelsMax).refine(
    (labels) => labels.length > 0,
    'expected a label, got none',
  ),
  template: repeated(z.string().min(1).max(1000), 100),
  checkpoint: z.string().max(100).exactOptional(),
});

export interface PredictRequest {
  readonly image: Uint8Array;
  readonly labels: readonly string[];
  readonly templates: readonly string[] | undefined;
  readonly checkpoint: string | undefined;
}

/** For the parser of the form, which stops reading there. */
export const formLimits = {
  files: 1,
  fileSize: sentImageBytesMax,
  fields: sentLabelsMax + 101,
  fieldSize: 4096,
} as const;

/** Throws CONFIG_INVALID, listing every problem, unless the form holds an image and labels. */
export function predictRequest(fields: unknown, file: { readonly buffer: Uint8Array } | undefined): PredictRequest {
  const parsed = fieldsSchema.safeParse({ ...(fields as object | undefined) });
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ path: path.join('.') || '(form)', message })),
    ...(file ? [] : [{ path: 'image', message: 'expected an image file, got none' }]),
  ];
  if (!parsed.success || !file)
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `The form has ${problems.length} problem${problems.length > 1 ? 's' : ''}: ${problems
        .map(({ path, message }) => `${path}: ${message}`)
        .join('; ')}`,
      help: 'Send multipart/form-data with a file `image` and a field `label` for each label.',
      problems,
    });
  const { label, template, checkpoint } = parsed.data;
  return { image: file.buffer, labels: label, templates: template.length > 0 ? template : undefined, checkpoint };
}
