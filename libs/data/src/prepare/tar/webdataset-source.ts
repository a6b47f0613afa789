import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { tarNameLengthMax } from '#protocol/input/input-limits.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { folderFiles } from '../folder/folder-files.js';
import { isOfMacOs } from '../folder/folder-source.js';
import { badSample, type SampleSource, type SourceReport } from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { tarMembers } from './tar-members.js';
import { addMember, isWhole, joinParts, sourceSample, type TarSample } from './tar-sample.js';

/** Tar shards as the webdataset library and img2dataset write them, given as files or folders of files. */
export interface WebdatasetSource {
  readonly kind: 'webdataset';
  readonly paths: readonly string[];
  /** Take what can be read of a damaged tar and name it, instead of an error. */
  readonly passOverDamaged?: boolean;
  /** Of the captions; UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel;
}

/**
 * Yields samples in the order of the paths; files in a folder in ascending order. The members of a sample share a key.
 * Where they are not consecutive they are joined, and their sample comes after the others of its tar.
 */
export async function* webdatasetSamples(source: WebdatasetSource, report: SourceReport): SampleSource {
  const tars: { readonly path: string; readonly bytes: number; readonly problem?: string }[] = [];
  for (const path of source.paths) {
    if (!(await stat(path)).isDirectory()) tars.push({ path, bytes: (await stat(path)).size });
    else
      for (const { path: below, ...problem } of await folderFiles(path)) {
        const file = join(path, below);
        if ('problem' in problem) tars.push({ path: file, bytes: 0, ...problem });
        else if (!below.endsWith('.tar') || isOfMacOs(below)) report.ignored(below);
        else tars.push({ path: file, bytes: (await stat(file)).size });
      }
  }
  const total = Math.max(
    1,
    tars.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  let before = 0;
  for (const { path, bytes, problem } of tars) {
    const reached = (offset: number): void => report.reached((before + offset) / total);
    if (problem !== undefined) yield badSample(path, problem);
    else yield* samplesOfTar(path, source, { ...report, reached });
    before += bytes;
  }
}

// The key ends at the first dot of the file name. Source: webdataset, base_plus_ext.
const memberName = /^((?:.*\/|)[^/.]+)[.]([^/]*)$/;

async function* samplesOfTar(path: string, source: WebdatasetSource, report: SourceReport): SampleSource {
  const taken = new Set<string>();
  /** Samples whose members are not all in one place, by key. */
  const apart = new Map<string, TarSample>();
  const keepOrYield = function* (sample: TarSample | undefined): Generator<TarSample> {
    if (!sample) return;
    const { key } = sample;
    if (isWhole(sample) && !apart.has(key)) {
      taken.add(key);
      yield sample;
    } else apart.set(key, joinParts(apart.get(key), sample));
  };
  const shown = (sample: TarSample): ReturnType<typeof sourceSample> => sourceSample(path, sample, source.encoding);
  let sample: TarSample | undefined;
  let damage: string | undefined;
  try {
    for await (const member of tarMembers(path)) {
      report.reached(member.offset);
      const { name } = member;
      const [, key, extension] = memberName.exec(name) ?? [];
      if (name.length > tarNameLengthMax) yield badSample(`${path}#${shownName(name)}`, longName(name));
      else if (key === undefined || extension === undefined || isOfMacOs(name)) report.ignored(`${path}#${name}`);
      else {
        if (sample?.key !== key) {
          for (const whole of keepOrYield(sample)) yield shown(whole);
          sample = { key, extensions: [] };
        }
        await addMember(sample, extension.toLowerCase(), member);
      }
    }
  } catch (thrown) {
    if (!source.passOverDamaged || !(thrown instanceof TandemError) || thrown.code !== ErrorCode.DataInvalid)
      throw thrown;
    damage = `${thrown.message} What comes after the damage is left out`;
    if (sample && !isWhole(sample)) sample.problem ??= 'The tar is damaged here.';
  }
  for (const whole of keepOrYield(sample)) yield shown(whole);
  let whole = taken.size;
  for (const joined of apart.values()) {
    const isTooLate = taken.has(joined.key);
    if (!isTooLate && isWhole(joined)) whole++;
    yield isTooLate ? badSample(`${path}#${joined.key}`, tooLate) : shown(joined);
  }
  if (damage !== undefined) yield badSample(path, `${damage}; pairs before it: ${whole}.`);
}

const tooLate = 'Members of this key come after its pair: sort the tar with `tar --sort=name`.';

function longName(name: string): string {
  return `The name of a member has ${name.length} characters; the limit is ${tarNameLengthMax}.`;
}
