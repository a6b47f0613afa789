import { z } from 'zod';
import { runConfigSchema } from '../run/run-config.js';

const text = z.string().min(1).max(4096);
const column = z.string().min(1).max(1000);
const character = z.string().length(1);

/** The document of a download on the pool. It has the keys of a run that say where and how urgently, and its own. */
export const downloadConfigSchema = z.strictObject({
  name: runConfigSchema.shape.name,
  store: text.describe(
    'Where the tars go: file:DIR or s3://BUCKET/PREFIX. The run is kept there too, in the folder `runs`.',
  ),
  download: z
    .strictObject({
      list: text.describe('The list of URLs and captions: a file that the coordinator sees, or s3://BUCKET/KEY.'),
      urlColumn: column.optional().describe('Column with the URLs; url, or the one of a usual name, if left out.'),
      captionColumn: column.optional().describe('Column with the captions, or several with commas between.'),
      groupColumn: column.optional().describe('Column with the groups.'),
      separator: character.optional().describe('What is between cells; found if left out.'),
      escape: character.optional().describe('What is before a quotation mark that ends no cell.'),
      header: z.boolean().default(true).describe('Whether the first row names the columns.'),
      encoding: z.string().min(1).max(40).optional().describe('Encoding of the list; UTF-8 if left out.'),
      languages: z
        .array(z.string().min(1).max(20))
        .min(1)
        .max(100)
        .optional()
        .describe('Take captions in these languages only, such as en.'),
      shardPictures: z.int().min(1).max(10_000).default(10_000).describe('Pictures of the list for each tar.'),
      shortestSide: z.int().min(1).max(8192).optional().describe('Scale larger images down to this shortest side.'),
      pixelsMax: z
        .int()
        .min(1)
        .max(10_000_000_000)
        .optional()
        .describe('Refuse images of more pixels; 100,000,000 if left out.'),
      connections: z.int().min(1).max(10_000).default(64).describe('Pictures that each worker downloads at once.'),
      perHost: z.int().min(1).max(10_000).default(4).describe('Of these, from one host. It holds for each worker.'),
      timeoutMs: z.int().min(1).max(3_600_000).default(30_000).describe('Time for a picture.'),
      bytesMax: z
        .int()
        .min(1)
        .max(2 ** 30)
        .default(16 * 2 ** 20)
        .describe('Refuse pictures of more bytes.'),
      retries: z.int().min(0).max(10).default(2).describe('How often a failure that can pass is tried again.'),
      duplicateDistance: z
        .int()
        .min(0)
        .max(3)
        .nullable()
        .default(0)
        .describe('Bits in which the hashes of duplicates may differ; null keeps duplicates.'),
      ignoreRobots: z.boolean().default(false).describe('Do not ask for robots.txt.'),
      disallowedDirectives: z
        .array(z.string().min(1).max(100))
        .max(100)
        .optional()
        .describe(
          'Values of X-Robots-Tag by which a picture is not taken; noai, noimageai, noindex and noimageindex if left ' +
            'out.',
        ),
      userAgent: z.string().min(1).max(1000).optional().describe('What servers are told.'),
    })
    .describe('A download of pictures.'),
  priority: runConfigSchema.shape.priority,
  limits: runConfigSchema.shape.limits,
});

/** The document of a download, with its defaults filled in. */
export type DownloadConfig = z.output<typeof downloadConfigSchema>;
/** As people write it. */
export type DownloadConfigInput = z.input<typeof downloadConfigSchema>;
