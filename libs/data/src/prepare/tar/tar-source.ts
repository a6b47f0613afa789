import { tarNameLengthMax } from '#protocol/input/input-limits.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { isOfMacOs } from '../folder/folder-files.js';
import { badSample, type SampleSource, type SourceReport, type SourceSample } from '../source-sample.js';
import { openTarFile, type TarFile } from './tar-file.js';
import { tarMembers } from './tar-members.js';
import {
  addMember,
  isWhole,
  joinParts,
  loaded,
  memberTwice,
  newTarSample,
  sourceSample,
  type TarSample,
  type TarSampleOptions,
} from './tar-sample.js';

export interface TarOptions extends TarSampleOptions {
  /** Take what can be read of a damaged tar and name it, instead of an error. */
  readonly passOverDamaged?: boolean | undefined;
}

/** A tar as the webdataset library and img2dataset write it, plain or packed by gzip. */
export interface TarSource extends TarOptions {
  readonly kind: 'tar';
  readonly path: string;
}

/** Is this the name of a tar that is read? */
export function isTarName(path: string): boolean {
  return /\.(?:tar|tar\.gz|tgz)$/i.test(path);
}

// The key ends at the first dot of the file name. Source: webdataset, base_plus_ext.
const memberName = /^((?:.*\/|)[^/.]+)[.]([^/]*)$/;

/**
 * Yields the samples of a tar. Members of a sample share a key. Where they are not consecutive they are joined, and
 * their sample comes after the others. A key that comes again after its sample is whole is that of another sample.
 */
export async function* tarSamples(source: TarOptions & { readonly path: string }, report: SourceReport): SampleSource {
  const { path, passOverDamaged = false } = source;
  const isDamage = (thrown: unknown): thrown is TandemError =>
    passOverDamaged && thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid;
  let file: TarFile;
  try {
    file = await openTarFile(path);
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    yield badSample(path, thrown.message);
    return;
  }
  try {
    yield* samplesOf(file, source, report, isDamage);
  } finally {
    await file.close();
  }
}

async function* samplesOf(
  file: TarFile,
  options: TarOptions,
  report: SourceReport,
  isDamage: (thrown: unknown) => thrown is TandemError,
): AsyncGenerator<SourceSample> {
  const { path } = file;
  const taken = new Set<string>();
  /** Samples whose members are not all in one place, by key. */
  const apart = new Map<string, TarSample>();
  const keepOrYield = function* (sample: TarSample | undefined): Generator<SourceSample> {
    if (!sample) return;
    const { key } = sample;
    if (isWhole(sample) && !apart.has(key)) {
      taken.add(key);
      yield sourceSample(file, sample, options);
    } else apart.set(key, joinParts(apart.get(key), sample));
  };
  let sample: TarSample | undefined;
  let whole = 0;
  let damage: string | undefined;
  try {
    for await (const member of tarMembers(file)) {
      report.reached(file.reached);
      const { name } = member;
      const [, key, suffix] = memberName.exec(name) ?? [];
      if (name.length > tarNameLengthMax) yield badSample(`${path}#${shownName(name)}`, longName(name));
      else if (key === undefined || suffix === undefined || isOfMacOs(name)) report.ignored(`${path}#${name}`);
      else {
        const ending = suffix.toLowerCase();
        const isAgain = sample?.key === key && sample.endings.includes(ending);
        if (sample && (sample.key !== key || (isAgain && isWhole(sample)))) {
          for (const one of keepOrYield(sample)) {
            whole++;
            yield one;
          }
          sample = undefined;
        } else if (sample && isAgain) sample.problem ??= memberTwice(key, ending);
        sample ??= newTarSample(key);
        await addMember(sample, ending, member, options);
      }
    }
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    damage = `${thrown.message} What comes after the damage is left out`;
    if (sample && !isWhole(sample)) sample.problem ??= 'The tar is damaged here.';
  }
  for (const one of keepOrYield(sample)) {
    whole++;
    yield one;
  }
  for (const joined of apart.values()) {
    const isTooLate = taken.has(joined.key);
    if (!isTooLate && isWhole(joined)) whole++;
    yield isTooLate ? badSample(`${path}#${joined.key}`, tooLate) : await joinedSample(file, joined, options);
  }
  if (damage !== undefined) yield badSample(path, `${damage}; pairs before it: ${whole}.`);
}

/** Its parts are read at once, because the tar is closed before the sample is used. */
async function joinedSample(file: TarFile, joined: TarSample, options: TarOptions): Promise<SourceSample> {
  try {
    return sourceSample(file, await loaded(file, joined, options), options);
  } catch (thrown) {
    if (thrown instanceof TandemError) return badSample(`${file.path}#${joined.key}`, thrown.message);
    throw thrown;
  }
}

const tooLate = 'Members of this key come after its pair: sort the tar with `tar --sort=name`.';

function longName(name: string): string {
  return `The name of a member has ${name.length} characters; the limit is ${tarNameLengthMax}.`;
}
