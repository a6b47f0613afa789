// Goal: TensorBoard reads what a run writes for it. Method: the bytes of a file that TensorBoard's own writer made
// (tensorboard/make_event_file.py).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crc32c } from '#metrics/tensorboard/crc32c.js';
import { eventFile } from '#metrics/tensorboard/event-file.js';
import { root } from '../support/source-files.js';

it('an event file has the bytes that TensorBoard writes', () => {
  const written = eventFile([
    { wallTime: 1_700_000_000.25, step: 1, scalars: { 'train/loss': 5.654578895622377, 'evaluation/Zürich/top1': 0 } },
    {
      wallTime: 1_700_000_100.5,
      step: 300,
      scalars: { 'train/loss': 3.066, 'train/learning_rate': 0.0005, 'pool/workers': 2 },
    },
    { wallTime: 1_700_000_200, step: 3_000_000_000, scalars: { 'train/loss': Infinity } },
  ]);
  const theirs = readFileSync(join(root, 'test/interop/tensorboard/scalars.tfevents'));
  expect(Buffer.from(written).equals(theirs)).toBe(true);
});

it('CRC-32C has the values of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
});
