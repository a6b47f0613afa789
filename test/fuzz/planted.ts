import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Chance } from './chance.js';
import { mutateBytes } from './mutate-bytes.js';
import type { Target } from './target.js';

/** A reader with one defect: it goes wrong if a byte of a small file has become 0xff. */
function planted(goWrong: () => unknown): Target {
  return {
    cases: 200,
    open: () =>
      Promise.resolve({
        async run(chance: Chance) {
          const bytes = mutateBytes(Buffer.from('small file'), chance);
          if (bytes.includes(0xff)) await goWrong();
          if (bytes[0] !== 's'.charCodeAt(0))
            throw new TandemError({ code: ErrorCode.DataInvalid, message: 'no small file' });
        },
      }),
  };
}

const kept: Buffer[] = [];

/** Readers with a planted defect, which the fuzzer must find. */
export const targets: Readonly<Record<string, Target>> = {
  'raw-error': planted(() => (undefined as unknown as { readonly length: number }).length),
  internal: planted(() => Promise.reject(new TandemError({ code: ErrorCode.Internal, message: 'cannot be' }))),
  unhandled: planted(() => void Promise.reject(new RangeError('left behind'))),
  hang: planted(() => {
    for (;;);
  }),
  'never-settles': planted(() => new Promise(() => undefined)),
  crash: planted(() => process.abort()),
  memory: planted(() => kept.push(Buffer.alloc(400 * 2 ** 20, 1))),
  heap: planted(() => {
    for (const all: string[][] = []; ;) all.push(Array.from({ length: 100_000 }, (_, i) => `${i}`));
  }),
  none: planted(() => undefined),
};
