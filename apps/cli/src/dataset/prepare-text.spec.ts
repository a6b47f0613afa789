import { expect, it } from 'vitest';
import type { PrepareAccount } from '#data/prepare/prepare-account.js';
import { prepareText, progressText, type PrepareOutcome } from './prepare-text.js';

const account: PrepareAccount = {
  pairs: 1200,
  captions: 1300,
  distinctCaptions: 10,
  longShare: 0,
  imageBytes: 12_300_000,
  medianSide: 300,
  leftOut: [
    { what: 'No caption.', count: 8, examples: ['a.png', 'b.png', 'c.png'] },
    { what: 'The file cannot be read: ENOENT, there is no such file.', count: 1, examples: ['gone.png'] },
  ],
  changed: [{ what: 'reduced to 224 pixels', count: 3, examples: ['d.png', 'e.png', 'f.png'] }],
  ignored: { what: 'no part of a pair', count: 1, examples: ['readme.md'] },
};
const outcome: PrepareOutcome = {
  manifest: {
    format: 'tandem-dataset',
    version: 1,
    name: 'own',
    pairs: 1200,
    shards: [],
    groups: null,
    licences: [],
    skipped: { count: 9, samples: [] },
  },
  account,
  source: { kind: 'folder', path: 'pictures' },
  url: 'file:/own',
  seconds: 4,
};

it('says what was taken, left out by reason, changed and not used, what trains badly, and what is next', () => {
  expect(prepareText(outcome).split('\n')).toEqual([
    'own: 1,200 pairs in file:/own',
    '  taken     1,200 pairs: 1,300 captions, 10 different; 12.3 MB of images',
    '  time      4 s, 302 pictures a second',
    '  left out  8: No caption.  (a.png, b.png, c.png, …)',
    '            1: The file cannot be read: ENOENT, there is no such file.  (gone.png)',
    '  changed   3: reduced to 224 pixels  (d.png, e.png, f.png)',
    '  not used  1: files that are no part of a pair  (readme.md)',
    '  --caption-from name, folder or both makes captions of names where there is no caption file.',
    expect.stringMatching(/^ {2}warning: Only 10 different captions for 1200 pairs: .*loss.maskSameCaption/),
    'Next: a run document with data.train: file:/own (demo/run.yaml is one to start from), then',
    '  tandem train --config run.yaml',
  ]);
});

it('shows total, rate and what is left while it works', () => {
  expect(progressText({ stored: 90, skipped: 10, share: 0.25 }, 10)).toBe(
    '  100 of about 400 pictures (25 %): 90 pairs, 10 left out; 10 a second, 0:30 left',
  );
});
