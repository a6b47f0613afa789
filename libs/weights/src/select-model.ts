import { shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { withoutPrefix, type WeightsFile } from './weights-file.js';

/*
 * Training tools wrap what they save. State dicts stand in a dict under `state_dict`, `model`, `net` or any other key,
 * and wrappers around a module put a prefix before the names of its tensors: `module.` by data-parallel training,
 * `_orig_mod.` by torch.compile, the name of the attribute by a module that holds another. Neither keys nor prefixes
 * are a closed list, so a model is found by the names of its tensors, wherever they stand.
 */

/** A model in a file. */
interface Candidate {
  readonly file: WeightsFile;
  readonly prefix: string;
  /** Of its tensors, with the prefix. */
  readonly names: readonly string[];
  /** Whether it is a running mean of another's parameters. */
  readonly isMean: boolean;
}

export interface SelectOptions {
  /** Is this a name that a model's tensor has, without any prefix? */
  readonly isModel: (name: string) => boolean;
  /** Whether the running mean is taken, where there is one beside what is trained. */
  readonly isMeanTaken: boolean;
}

/**
 * Takes the model from a file's dicts of tensors, with the prefix of its tensors' names taken off. Of several, one that
 * is trained comes before its running mean, or the other way round if `isMeanTaken`; then the one of most tensors.
 * `notes` of the result says what was taken and what was not. Where there is no model, it is the first dict as it is.
 * Throws DATA_INVALID if a running mean is to be taken and there is none.
 */
export function selectModel(dicts: readonly WeightsFile[], { isModel, isMeanTaken }: SelectOptions): WeightsFile {
  const all = dicts.flatMap((file) => candidatesIn(file, isModel));
  const most = Math.max(...all.map(({ names }) => names.length));
  // What has the name of one of a model's tensors by chance has few of them.
  const models = all.filter(({ names }) => names.length * 2 > most);
  const ranked = models.toSorted(
    (one, other) =>
      Number(other.isMean === isMeanTaken) - Number(one.isMean === isMeanTaken) ||
      other.names.length - one.names.length,
  );
  const [taken, ...others] = ranked;
  if (!taken) return dicts[0]!;
  if (isMeanTaken && !taken.isMean) throw noMean(taken);
  const { file, prefix, names } = taken;
  return withoutPrefix(file, { prefix, names, notes: notesOf(taken, others, dicts) });
}

/** The models in a dict of tensors, one for each prefix before a model's names. */
function candidatesIn(file: WeightsFile, isModel: (name: string) => boolean): Candidate[] {
  const all = [...file.shapes.keys()];
  const namesOf = new Map<string, string[]>();
  for (const name of all) {
    const prefix = prefixesOf(name).find((one) => isModel(name.slice(one.length)));
    if (prefix !== undefined) namesOf.set(prefix, []);
  }
  // `ema.logit_scale` belongs to `ema.`, also beside a model without a prefix.
  for (const name of all) {
    const prefix = prefixesOf(name).findLast((one) => namesOf.has(one));
    if (prefix !== undefined) namesOf.get(prefix)!.push(name);
  }
  return [...namesOf].map(([prefix, names]) => ({
    file,
    prefix,
    names,
    // AveragedModel of PyTorch counts beside the module.
    isMean: file.shapes.has('n_averaged') || isMeanName(`${file.place ?? ''}.${prefix}`),
  }));
}

/** How many modules, one in another, may hold a model. */
const prefixPartsMax = 8;

/** What may be a prefix of the name, the shortest first: nothing, and up to each of its first dots. */
function prefixesOf(name: string): string[] {
  const prefixes = [''];
  for (let dot = name.indexOf('.'); dot >= 0 && prefixes.length <= prefixPartsMax; dot = name.indexOf('.', dot + 1))
    prefixes.push(name.slice(0, dot + 1));
  return prefixes;
}

/** `ema`, `model_ema`, `ema_model`, `ema_state_dict`, `averaged`, `swa_model`, … */
function isMeanName(path: string): boolean {
  return /(^|[._])(ema\d*|averaged|swa|shadow)([._]|$)/i.test(path);
}

function notesOf(taken: Candidate, others: readonly Candidate[], dicts: readonly WeightsFile[]): string[] {
  const { file, prefix, names, isMean } = taken;
  const notes: string[] = [];
  if (others.length > 0) {
    const isChosen = others.some((other) => other.isMean !== isMean);
    const how = !isChosen ? '' : isMean ? ', as --ema says' : '; --ema takes the running mean';
    notes.push(`of its models ${shownPlace(taken)} is taken, not ${others.map(shownPlace).join(', ')}${how}`);
  } else if (dicts.length > 1 || file.place) notes.push(`the model is found at ${placeOf(file)}`);
  if (isMean && others.length === 0) notes.push('it is a running mean of the parameters');
  if (prefix !== '') notes.push(`the prefix ${shownName(prefix)} of its tensors is taken off`);
  const named = new Set([...names, ...others.flatMap((other) => (other.file === file ? other.names : []))]);
  const rest = [...file.shapes.keys()].filter((name) => !named.has(name));
  if (rest.length > 0) notes.push(`${rest.length} other tensors are left out: ${shownNames(rest)}`);
  return notes;
}

function shownPlace({ file, prefix }: Candidate): string {
  return prefix === '' ? placeOf(file) : `${file.place ? `${shownName(file.place)}, ` : ''}${shownName(prefix)}…`;
}

function placeOf({ place }: WeightsFile): string {
  return place ? shownName(place) : 'its top level';
}

function noMean(taken: Candidate): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Weights: expected a running mean in ${taken.file.url}, under a name such as ema, model_ema or averaged, got ` +
      `only ${shownPlace(taken)}.`,
    help: 'Leave out --ema, or name the file that holds the running mean.',
  });
}
