import { z } from 'zod';
import { checkTemplates } from '#inference/template.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { parseJson } from '#protocol/input/json-text.js';
import { shownList } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** What a data set's labels are called, and asked for by. */
export interface ClassDocument {
  /** Path of the file, for errors. */
  readonly path: string;
  /** Templates of all classes that have none of their own; undefined if the document has none. */
  readonly templates: readonly string[] | undefined;
  readonly classes: readonly NamedClass[];
}

export interface NamedClass {
  /** The label of its images: the name of a group in the data set. */
  readonly label: string;
  /** What it is called in prompts. */
  readonly name: string;
  readonly templates: readonly string[] | undefined;
  /** Where it is in the file: `line 3`, or its key. */
  readonly place: string;
}

const templates = z.array(z.string()).min(1);
const schema = z.strictObject({
  templates: templates.optional(),
  classes: z.record(
    z.string(),
    z.union([
      z.string().min(1),
      z.strictObject({ name: z.string().min(1).optional(), templates: templates.optional() }),
    ]),
  ),
});

/**
 * Reads classes from JSON, `{ "templates": […], "classes": { LABEL: NAME or { name, templates } } }`, or from text with
 * a class a line: `LABEL`, or the label, a tab and the name. Throws CONFIG_INVALID with file and line.
 */
export function readClassDocument(bytes: Uint8Array, path: string): ClassDocument {
  const document = path.toLowerCase().endsWith('.json') ? ofJson(bytes, path) : ofLines(bytes, path);
  const all = [document.templates, ...document.classes.map((one) => one.templates)];
  for (const one of all) if (one) checkTemplates(one);
  return document;
}

function ofJson(bytes: Uint8Array, path: string): ClassDocument {
  let document: unknown;
  try {
    document = parseJson(bytes);
  } catch (error) {
    throw refused(path, `JSON, got ${(error as SyntaxError).message}`);
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) throw refused(path, `"classes" with a name for each label, got: ${problemText(parsed.error)}`);
  return {
    path,
    templates: parsed.data.templates,
    classes: Object.entries(parsed.data.classes).map(([label, given]) => {
      const { name = label, templates: own } = typeof given === 'string' ? { name: given } : given;
      return { label, name, templates: own, place: `"${label}"` };
    }),
  };
}

function ofLines(bytes: Uint8Array, path: string): ClassDocument {
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  const seen = new Map<string, number>();
  const classes = lines.flatMap((line, at) => {
    if (line.trim() === '') return [];
    const [label = '', name = label, ...more] = line.split('\t').map((cell) => cell.trim());
    const place = `line ${at + 1}`;
    if (label === '' || name === '' || more.length > 0)
      throw refused(path, `a label, or a label, a tab and a name, got ${JSON.stringify(line)} in ${place}`);
    const before = seen.get(label);
    if (before !== undefined) throw refused(path, `each label once, got "${label}" in line ${before} and ${place}`);
    seen.set(label, at + 1);
    return [{ label, name, templates: undefined, place }];
  });
  return { path, templates: undefined, classes };
}

/**
 * The classes in the order of a data set's labels. Throws CONFIG_INVALID for classes that match no label and labels
 * that have no class, with their places, and for names that two classes share.
 */
export function classesOf(
  { path, classes }: ClassDocument,
  labels: readonly string[],
  dataset: string,
): readonly NamedClass[] {
  const byLabel = new Map(classes.map((one) => [one.label, one]));
  const known = new Set(labels);
  const unknown = classes.filter(({ label }) => !known.has(label)).map(({ label, place }) => `"${label}" (${place})`);
  const nameless = labels.filter((label) => !byLabel.has(label)).map((label) => `"${label}"`);
  if (unknown.length + nameless.length > 0) {
    const what = [
      ...(unknown.length > 0
        ? [`${unknown.length} that match no label: ${shownList(unknown.slice(0, 10), ', ', unknown.length)}`]
        : []),
      ...(nameless.length > 0
        ? [`none for ${nameless.length} labels: ${shownList(nameless.slice(0, 10), ', ', nameless.length)}`]
        : []),
    ];
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `Classes in ${path}: expected one for each of the ${labels.length} labels of ` +
        `"${dataset}", got ${what.join('; ')}.`,
      help: 'The label comes first, as the data set has it; its name in prompts follows after a tab.',
    });
  }
  return labels.map((label) => byLabel.get(label)!);
}

function refused(path: string, what: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Classes in ${path}: expected ${what}.`,
    help: 'Write a label on each line, or a .json file with "classes": { "LABEL": "NAME" }.',
  });
}
