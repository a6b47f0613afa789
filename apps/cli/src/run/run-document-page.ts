import { z } from 'zod';
import { downloadConfigSchema } from '#protocol/document/download-config.js';
import { queriesConfigSchema } from '#protocol/document/queries-config.js';
import { runConfigSchema } from '#protocol/run/run-config.js';

/**
 * The text of docs/run-document.md: every key with its type, range, default and meaning, from the schema that validates
 * run documents.
 */
export function runDocumentPage(): string {
  const own = (schema: z.ZodType): string[] => tableOf(schema).filter((row) => !/^\| `(?:limits|priority)\b/.test(row));
  const [downloads, counts] = [own(downloadConfigSchema), own(queriesConfigSchema)];
  const all = [intro, ...tableOf(runConfigSchema), rules, downloadIntro, ...downloads, countIntro, ...counts, ''];
  return all.join('\n');
}

function tableOf(schema: z.ZodType): string[] {
  const rows = keyRows(z.toJSONSchema(schema, { io: 'input' }) as Schema, '', '');
  return [['Key', 'Value', 'Default', 'Meaning'], ['---', '---', '---', '---'], ...rows].map(
    (row) => `| ${row.join(' | ')} |`,
  );
}

const intro = `# The run document

A run is one document, YAML or JSON. It holds everything that decides the numbers of the run, and nothing else: the same
document gives the same parameters with any number of workers. [demo/run.yaml](../demo/run.yaml) is a complete example.

    tandem train --config run.yaml      # on this machine, in one command
    tandem submit run.yaml              # to a coordinator that is running

Relative paths are seen from the folder of the document. The API has no such folder: there places are absolute paths or
URLs, and \`tandem submit\` makes them so. Everything that a document names is opened before the first step.

Unknown keys are refused, and all problems are reported together. The document with its defaults filled in is stored
with the run and in each checkpoint (\`config.json\`).

This page is generated from the schema (\`npm run docs\`).
`;

const rules = `
Rules that involve several keys:

- In a Vision Transformer, \`model.vision_cfg.patch_size\` divides \`image_size\` and \`head_width\` divides \`width\`.
  In a ResNet, \`head_width\` divides 32 · \`width\`. \`model.text_cfg.heads\` divides the \`width\` of the text tower.
- Of the data sets in \`data.train\`, all have a \`weight\` or none has. With weights, there are at most √\`batch\` data
  sets, and \`data.sampling\` is not \`groups\`.
- Give exactly one of \`shards\` and \`shardSize\`. Its value is at most \`batch\`.
- Every pattern of \`init.only\`, \`train.only\` and \`train.freeze\` matches the name of at least one parameter, and
  at least one parameter is trainable.
- \`loss.kind: sigmoid\` needs a model with \`init_logit_bias\`. With \`softmax\` that bias takes no part in the loss
  and keeps its value.
- \`checkpoint.keepBest\` is the name of an entry of one of the lists in \`evaluation\`. All names in them differ.
- \`steps: 0\` needs weights in \`init\` and an entry in one of these lists: such a run evaluates and trains nothing.
- \`schedule.warmupSteps\` is at most \`steps\`.
- \`tokenizer.kind: clip\` needs \`model.text_cfg.vocab_size: 49408\`; with \`bpe\`, \`vocabulary\` equals
  \`vocab_size\`.
`;

const downloadIntro = `
## A download

A document with the key \`download\` lets the pool download pictures: \`tandem submit\` takes it, and
\`tandem dataset download --url\` makes one. [download.md](download.md) says what is done. \`priority\` and
\`limits\` are those above, but nothing of a download is verified or done twice because it is slow.
`;

const countIntro = `
## A count of texts

A document with the key \`queries\` has the pool count texts, of which \`tandem dataset queries\` makes a list of
queries; that command submits one ([corpus.md](corpus.md#on-the-pool)). \`priority\` and \`limits\` are those above.
`;

/** The parts of JSON Schema that zod uses for the run document. */
interface Schema {
  readonly title?: string;
  readonly type?: string;
  readonly const?: string | number | boolean;
  readonly enum?: readonly (string | number)[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly description?: string;
}

/** One row for each key that takes a value, depth first. `condition` says when the key applies. */
function keyRows(schema: Schema, path: string, condition: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, key]) => {
    const at = path ? `${path}.${name}` : name;
    const isRequired = schema.required?.includes(name) ?? false;
    if (key.oneOf) return alternativeRows(key, key.oneOf, at, isRequired);
    if (key.properties) return keyRows(key, at, condition);
    const row = [
      `\`${at}\``,
      valueText(key),
      defaultText(key, isRequired),
      `${condition}${key.description ?? ''}`.replaceAll('|', '\\|'),
    ];
    const inner = (key.anyOf ?? []).flatMap((option) => [
      ...keyRows(option, at, option.title ? `Of a ${option.title}. ` : ''),
      ...(option.items ? keyRows(option.items, `${at}[]`, '') : []),
    ]);
    return [row, ...inner, ...(key.items ? keyRows(key.items, `${at}[]`, '') : [])];
  });
}

/** The rows of objects that differ in their `kind`. A key that is the same in all of them gets one row. */
function alternativeRows(key: Schema, options: readonly Schema[], path: string, isRequired: boolean): string[][] {
  const kinds = options.map(({ properties }) => String(properties?.['kind']?.const));
  const fallback = (key.default as { readonly kind?: string } | undefined)?.kind;
  const kindRow = [
    `\`${path}.kind\``,
    kinds.map((kind) => `\`${kind}\``).join(' or '),
    fallback ? `\`"${fallback}"\`` : isRequired ? 'required' : 'left out',
    key.description ?? '',
  ];
  const isCommon = (name: string): boolean =>
    new Set(options.map(({ properties }) => JSON.stringify(properties?.[name]))).size === 1;
  const rowsOf = (option: Schema, isWanted: (name: string) => boolean, condition: string): string[][] =>
    keyRows(
      {
        ...option,
        properties: Object.fromEntries(
          Object.entries(option.properties ?? {}).filter(([name]) => name !== 'kind' && isWanted(name)),
        ),
      },
      path,
      condition,
    );
  const ofOneKind = options.flatMap((option, at) =>
    rowsOf(option, (name) => !isCommon(name), `With \`kind: ${kinds[at]}\`. `),
  );
  return [kindRow, ...ofOneKind, ...rowsOf(options[0] ?? {}, isCommon, '')];
}

function valueText(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (schema.prefixItems) return `${schema.prefixItems.length} of: ${valueText(schema.prefixItems[0] ?? {})}`;
  if (schema.anyOf)
    return [...new Set(schema.anyOf.map((option) => (option.properties ? 'the keys below' : valueText(option))))].join(
      ' or ',
    );
  if (schema.items) return schema.items.properties ? 'list' : `list of ${valueText(schema.items)}`;
  return [schema.type === 'integer' ? 'whole number' : (schema.type ?? ''), rangeText(schema)]
    .filter(Boolean)
    .join(', ');
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, type }: Schema): string {
  if (type !== 'integer' && type !== 'number') return '';
  const least = minimum !== undefined ? `≥ ${minimum}` : exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : '';
  const isBound = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const most = isBound ? `≤ ${maximum}` : exclusiveMaximum !== undefined ? `< ${exclusiveMaximum}` : '';
  return [least, most].filter(Boolean).join(', ');
}

function defaultText({ default: fallback }: Schema, isRequired: boolean): string {
  if (isRequired) return 'required';
  return fallback === undefined ? 'left out' : `\`${JSON.stringify(fallback, shortNumbers)}\``;
}

function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
