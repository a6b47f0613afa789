import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labelsOf } from './labels.js';

it('takes a list, single labels with commas in them, and a file with one on each line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-test-'));
  const labelsFile = join(folder, 'labels.txt');
  writeFileSync(labelsFile, 'a fox\r\n\na hare, asleep\n');
  expect(labelsOf({ label: ['red, white and blue'], labels: 'a cat, a dog,', labelsFile })).toEqual([
    'red, white and blue',
    'a cat',
    'a dog',
    'a fox',
    'a hare, asleep',
  ]);
  rmSync(folder, { recursive: true });
});

it('says what to give where there is no label, or no such file', () => {
  expect(() => labelsOf({ labels: ' , ' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  expect(() => labelsOf({ labelsFile: '/none/labels.txt' })).toThrow(/^Labels: expected to read \/none\/labels.txt/);
});
