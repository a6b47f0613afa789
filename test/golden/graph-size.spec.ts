// Goal: graphs stay small, so that they are quick to send to the engine and to cache. Method: both towers of ViT-B/32
// as a worker compiles them; the profile of a program says how large its graph is.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { preset } from '#model/zoo/presets.js';
import { openEncoder } from '#encoder/encoder.js';

const profileFolder = await mkdtemp(join(tmpdir(), 'tandem-graph-size-'));
afterAll(() => rm(profileFolder, { recursive: true }));

it.each(['image', 'text'] as const)('both graphs of the %s tower of ViT-B/32 are under 2 MiB', async (name) => {
  const device = openOrtDevice({ kind: 'cpu', threads: 1, profileFolder });
  const tower = await openEncoder(device, preset('ViT-B-32')!, name);
  await tower.stashBytes(16);
  const profiles = await device.takeProfiles();
  await device.close();
  expect(profiles.map(({ part }) => part)).toEqual(['forward', 'backward']);
  for (const { graphBytes } of profiles) expect(graphBytes).toBeLessThan(2 ** 21);
});
