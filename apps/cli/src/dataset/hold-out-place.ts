import { InvalidArgumentError } from 'commander';
import type { HoldOutUnit } from '#data/prepare/hold-out.js';
import type { HeldOutTarget } from '#data/prepare/split-writer.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { canonicalUrl, openStore, placeOf, type StoreAccess } from '#store/open-store.js';
import { joinUrl, splitUrl } from '#store/store-url.js';

export interface HoldOutOptions {
  readonly holdOut?: number;
  readonly holdOutBy?: HoldOutUnit;
  readonly holdOutSeed?: number;
  readonly holdOutTarget?: string;
}

/** Parses a share of a whole: more than 0 and less than 1. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('Expected a share between 0 and 1, such as 0.1.');
  return value;
}

/** Where the held-out part of the data set at `target` is, if nothing else is said: beside it. */
export function heldOutPlace(target: string, access: StoreAccess): string | undefined {
  const place = placeOf(target, access);
  if (place.kind === 'file') return `${place.directory}-held-out`;
  if (place.location.prefix === '') return undefined;
  const { storeUrl, name } = splitUrl(target);
  return joinUrl(storeUrl, `${name}-held-out`);
}

/** What is held out, and an open store for it. Throws CONFIG_INVALID where the options do not fit together. */
export function heldOutTarget(
  { holdOut: held, holdOutBy, holdOutSeed, holdOutTarget }: HoldOutOptions,
  target: string,
  access: StoreAccess,
): HeldOutTarget | undefined {
  if (held === undefined) {
    const given = Object.entries({
      '--hold-out-by': holdOutBy,
      '--hold-out-seed': holdOutSeed,
      '--hold-out-target': holdOutTarget,
    }).find(([, value]) => value !== undefined);
    if (given) throw refusal(`expected a share with ${given[0]}, got none`, 'Add --hold-out 0.1, for example.');
    return undefined;
  }
  const place = holdOutTarget ?? heldOutPlace(target, access);
  if (place === undefined || canonicalUrl(place, access) === canonicalUrl(target, access))
    throw refusal(
      `expected a place of its own for what is held out, got ${place ?? `a whole bucket, ${target}, as the target`}`,
      'Name one with --hold-out-target.',
    );
  return { share: held, by: holdOutBy ?? 'picture', seed: holdOutSeed ?? 1, target: openStore(place, access) };
}

function refusal(message: string, help: string): TandemError {
  return new TandemError({ code: ErrorCode.ConfigInvalid, message: `Hold out: ${message}.`, help });
}
