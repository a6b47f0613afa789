import { z } from 'zod';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { shownValue } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Version of the data set format below. Any other version is refused. */
export const datasetVersion = 1;
export const manifestKey = 'dataset.json';
export const groupsKey = 'groups.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const blob = { bytes: z.int().min(1), sha256 };

const licenceSchema = z.strictObject({
  source: z.string().min(1),
  licence: z.string().min(1).describe('SPDX id, or the terms in words.'),
  url: z.string().optional(),
});
export type Licence = z.infer<typeof licenceSchema>;

const skippedAtBuildSchema = z.strictObject({
  count: z.int().min(0),
  /** Only the first skipped samples are listed; `count` includes all. */
  samples: z.array(z.strictObject({ key: z.string(), reason: z.string() })),
});
export type SkippedAtBuild = z.infer<typeof skippedAtBuildSchema>;

/** dataset.json. It is written last, so a data set that has one is complete. */
export const datasetManifestSchema = z.strictObject({
  format: z.literal('tandem-dataset'),
  version: z.literal(datasetVersion),
  name: z.string().min(1),
  pairs: z.int().min(1),
  shards: z
    .array(
      z.strictObject({
        pairs: z.int().min(1),
        tar: z.strictObject({ key: z.string(), ...blob }),
        index: z.strictObject({ key: z.string(), ...blob }),
      }),
    )
    .min(1),
  /** Set if every pair has a group: the number of groups, and the size and hash of groups.json. */
  groups: z.strictObject({ count: z.int().min(1), ...blob }).nullable(),
  licences: z.array(licenceSchema),
  skipped: skippedAtBuildSchema,
});
export type DatasetManifest = z.infer<typeof datasetManifestSchema>;

/**
 * shard-000000.index.json: where each image is in the tar, and its captions and group, so that samples can be read in
 * any order.
 */
export const shardIndexSchema = z.strictObject({
  format: z.literal('tandem-shard-index'),
  version: z.literal(datasetVersion),
  samples: z.array(
    z.strictObject({
      key: z.string().min(1),
      image: z.strictObject({
        member: z.string(),
        offset: z.int().min(0),
        bytes: z.int().min(0).max(imageFileBytesMax),
      }),
      captions: z.array(z.string()),
      group: z.string().optional(),
    }),
  ),
});
export type ShardIndex = z.infer<typeof shardIndexSchema>;
export type IndexedSample = ShardIndex['samples'][number];

/** groups.json: group names in order of first appearance, and for each pair the index of its group. */
export const groupsDocumentSchema = z.strictObject({
  names: z.array(z.string().min(1)).min(1),
  ofPair: z.array(z.int().min(0)),
});

/**
 * Parses one of the documents above. Throws DATA_INVALID with its URL and every problem if it does not match the
 * schema.
 */
export function parseDocument<T>(schema: z.ZodType<T>, bytes: Uint8Array, url: string): T {
  const document = jsonOf(bytes, url);
  const version = (document as { version?: unknown } | null)?.version;
  if (version !== undefined && version !== datasetVersion) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected version ${datasetVersion} of the data set format at ${url}, got ${shownValue(version)}.`,
      help: 'Prepare the data set again with this version of Tandem, or read it with the version that made it.',
    });
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) throw invalidDocument(url, problemText(parsed.error));
  return parsed.data;
}

function jsonOf(bytes: Uint8Array, url: string): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    throw invalidDocument(url, (error as SyntaxError).message);
  }
}

function invalidDocument(url: string, detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a document of the data set format at ${url}, got something else: ${detail}`,
    help: 'Prepare the data set again with `tandem dataset prepare`.',
  });
}
