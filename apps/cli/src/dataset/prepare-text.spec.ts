import { expect, it } from 'vitest';
import { parse } from 'yaml';
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
  ignored: [{ what: 'files that are no part of a pair', count: 1, examples: ['readme.md'] }],
  said: ['separator ;'],
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
  command: (...args) => ['tandem', ...args].join(' '),
};

it('says what was taken, left out by reason, changed and not used, what trains badly, and what is next', () => {
  expect(prepareText(outcome).split('\n')).toEqual([
    'own: 1,200 pairs in file:/own',
    '  read as   separator ;',
    '  taken     1,200 pairs: 1,300 captions, 10 different; 12.3 MB of images',
    '  time      4 s, 302 pictures a second',
    '  left out  8: No caption.  (a.png, b.png, c.png, …)',
    '            1: The file cannot be read: ENOENT, there is no such file.  (gone.png)',
    '  changed   3: reduced to 224 pixels  (d.png, e.png, f.png)',
    '  not used  1: files that are no part of a pair  (readme.md)',
    '  --caption-from name, folder or both makes captions of names where there is no caption file.',
    expect.stringMatching(/^ {2}warning: Only 10 different captions for 1200 pairs: .*loss.maskSameCaption/),
    'Next:',
    '  tandem train --recipe small --data /own   # writes run.yaml',
    '  tandem train --config run.yaml',
    'A run document of your own says data.train: /own',
  ]);
});

it('says how many are held out, where, and what a run document says of them', () => {
  const groups = { count: 3, bytes: 1, sha256: '0'.repeat(64) };
  const manifest = { ...outcome.manifest, pairs: 1100, groups };
  const heldOut = { manifest: { ...outcome.manifest, pairs: 100, groups }, url: 'file:/own-held-out', by: 'picture' };
  const lines = prepareText({ ...outcome, manifest, heldOut } as PrepareOutcome).split('\n');
  expect(lines.slice(0, 4)).toEqual([
    'own: 1,100 pairs, 3 groups in file:/own',
    'held out by picture: 100 pairs, 3 groups in file:/own-held-out',
    '  read as   separator ;',
    expect.stringContaining('1,200 pairs: 1,300 captions'),
  ]);
  const document = lines.slice(lines.indexOf('A run document of your own says:') + 1).join('\n');
  expect(parse(document)).toEqual({
    data: { train: '/own' },
    evaluation: { everySteps: 100, zeroShot: [{ name: 'held-out', data: '/own-held-out' }] },
    checkpoint: { keepBest: 'held-out' },
  });
});

it('warns of held-out pairs that cannot be evaluated, or are trained on', () => {
  const heldOut = { manifest: outcome.manifest, url: 'file:/own-held-out', by: 'picture' } as const;
  expect(prepareText({ ...outcome, heldOut })).toMatch(/warning: What is held out has no groups/);
  const few = { ...heldOut, manifest: { ...outcome.manifest, pairs: 8 } };
  expect(prepareText({ ...outcome, heldOut: few })).toMatch(/Only 8 pairs held out: each is 12\.5 %/);
  expect(prepareText({ ...outcome, heldOutBefore: 'file:/own-held-out' })).toMatch(
    /warning: There is a data set at file:\/own-held-out, held out earlier/,
  );
});

it('shows total, rate and what is left while it works', () => {
  expect(progressText({ stored: 90, skipped: 10, share: 0.25 }, 10)).toBe(
    '  100 of about 400 pictures (25 %): 90 pairs, 10 left out; 10 a second, 0:30 left',
  );
});
