// Goal: a process that finds a compiled program in the cache does not trace it again, and computes the same bits.
// Method: a step of a tiny CLIP in several processes that share a cache folder.
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDevice } from '#engine/run/open-device.js';
import type { Device } from '#engine/device.js';
import { float32 } from '#engine/tensor-spec.js';
import { inFreshProcess, onlyValue } from '../../bench/fresh-process.js';
import type { CachedStep, CachedStepInput } from '../support/cached-step.js';

const scratch = await mkdtemp(join(tmpdir(), 'tandem-program-cache-'));
afterAll(() => rm(scratch, { recursive: true }));

function stepInProcess(input: CachedStepInput): Promise<CachedStep> {
  return onlyValue(inFreshProcess<CachedStep>(new URL('../support/cached-step.js', import.meta.url), input));
}

describe.each(['cpu', 'tfjs'] as const)('programs compiled for %s', (kind) => {
  it('serve the next process, bit for bit; a damaged entry is compiled again', async () => {
    const folder = join(scratch, kind);
    const first = await stepInProcess({ kind, folder });
    expect(first).toMatchObject({ traces: 2, events: [] });
    expect(await stepInProcess({ kind, folder })).toEqual({ ...first, traces: 0 });
    await truncate(join(folder, (await readdir(folder))[0]!), 1000);
    expect(await stepInProcess({ kind, folder })).toEqual({
      bits: first.bits,
      traces: 1,
      events: [expect.stringMatching(/cannot be used/)],
    });
    expect(await stepInProcess({ kind, folder })).toEqual({ ...first, traces: 0 });
  });
});

it('an entry serves only its own key, specs and precision; without a key nothing is cached', async () => {
  const folder = join(scratch, 'keys');
  const device = await openDevice({
    kind: 'cpu',
    threads: 1,
    cache: { folder, bytesMax: 2 ** 24, onEvent: (event) => expect.fail(event) },
  });
  const cacheKey = { function: 'plus', summand: 1 };
  expect(await plus(device, 1, 2)).toEqual([1, 1]);
  await expect(readdir(folder)).rejects.toThrow(/ENOENT/);
  expect(await plus(device, 1, 2, cacheKey)).toEqual([1, 1]);
  // The cache trusts the key, so it returns the program of the first call.
  expect(await plus(device, 5, 2, cacheKey)).toEqual([1, 1]);
  expect(await plus(device, 5, 2, { ...cacheKey, summand: 5 })).toEqual([5, 5]);
  expect(await plus(device, 5, 3, cacheKey)).toEqual([5, 5, 5]);
  expect(await plus(device, 5, 2)).toEqual([5, 5]);
  await expect(plus(device, 1, 2, cacheKey, 'float16')).rejects.toThrow(/float16/);
  expect(await readdir(folder)).toHaveLength(3);
  await device.close();
});

async function plus(
  device: Device,
  summand: number,
  size: number,
  cacheKey?: Record<string, unknown>,
  precision?: 'float16',
): Promise<number[]> {
  const spec = { dtype: 'float32', shape: [size] } as const;
  const executable = await device.compile(
    ({ x }) => ({ y: x!.add(summand) }),
    { x: spec },
    { ...(cacheKey && { cacheKey }), ...(precision && { precision }) },
  );
  const { y } = await executable.run({ x: float32(new Float32Array(size), [size]) });
  await executable.dispose();
  return [...y!.data];
}
