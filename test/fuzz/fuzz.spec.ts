// Goal: every request, message and file from others is either read, or refused with an error that says why. Method:
// valid files and messages, changed by a seeded mutator, are handed to their readers in a process of its own, which may
// not crash, hang or grow. FUZZ_SEED=7 draws other cases; `npm run fuzz` goes through many seeds.
import { expect, describe, it } from 'vitest';
import type { Verdict } from './fuzz-message.js';
import { runFuzz, type FuzzOptions, type FuzzReport } from './run-fuzz.js';
import { targets } from './targets.js';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
/** A limit for slow or busy machines. If it is reached, fewer cases are tried. */
const secondsMax = 15;

describe(`with seed ${seed} (FUZZ_SEED)`, () => {
  it.each(Object.entries(targets))(
    '%s: is read or refused',
    async (target, { cases }) => {
      const report = await runFuzz({
        module: new URL('./targets.js', import.meta.url).href,
        target,
        seed,
        from: 0,
        to: cases,
        seconds: secondsMax,
      });
      expect(report.failures).toEqual([]);
      // If all cases were refused at first sight, or none, the test would show little.
      expect(report.accepted).toBeGreaterThan(0);
      expect(report.refused).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe('a planted defect is found, with the case that shows it', () => {
  const planted = (target: string, limits: Partial<FuzzOptions> = {}): Promise<FuzzReport> =>
    runFuzz({
      module: new URL('./planted.js', import.meta.url).href,
      target,
      seed: 1,
      from: 0,
      to: 200,
      seconds: 60,
      caseMs: 5000,
      ...limits,
    });

  it.each<[string, Verdict, RegExp, Partial<FuzzOptions>]>([
    ['raw-error', 'raw error', /^TypeError: Cannot read properties of undefined/, {}],
    ['internal', 'raw error', /cannot be/, {}],
    ['unhandled', 'raw error', /^left behind, awaited by nobody: RangeError/, {}],
    ['hang', 'hang', /longer than 1000 ms/, { caseMs: 1000 }],
    ['never-settles', 'hang', /longer than 1000 ms/, { caseMs: 1000 }],
    ['crash', 'crash', /SIGABRT/, {}],
    ['memory', 'memory', /allowed are 300 MiB/, { memoryBytes: 300 * 2 ** 20 }],
    ['heap', 'memory', /heap out of memory/, { heapMegabytes: 32 }],
  ])('%s', async (target, verdict, detail, limits) => {
    const first = (await planted(target, { ...limits, deathsMax: 1 })).failures[0]!;
    expect(first).toMatchObject({
      verdict,
      detail: expect.stringMatching(detail),
      again: `npm run fuzz -- --target ${target} --seed 1 --case ${first.case}`,
    });
    // The case alone shows the defect again, and the case before it does not.
    const alone = await planted(target, { ...limits, from: first.case, to: first.case + 1 });
    expect(alone.failures.map(({ case: number, verdict: again }) => [number, again])).toEqual([[first.case, verdict]]);
  });

  it('the cases after one that ended the process are also tried', async () => {
    const { cases, failures } = await planted('crash', { to: 30, deathsMax: 30 });
    expect(cases).toBe(30);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.times).toBeGreaterThan(1);
  });

  it('a reader without a defect passes, twice with the same counts', async () => {
    const [first, second] = [await planted('none'), await planted('none')];
    expect(first).toMatchObject({ cases: 200, failures: [] });
    expect([second.accepted, second.refused]).toEqual([first.accepted, first.refused]);
  });
});
