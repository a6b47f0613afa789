// Goal: a picture has the captions that its files hold, each once, by one rule for folders and tars, and what is not
// taken is said. Method: the same files in a folder and in a tar.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SidecarOptions } from '#data/prepare/sidecar/sidecar.js';
import { openOwnSource, tarOfMembers, type Outcome, type OwnSource } from '../support/models/own-source.js';
import { smallSample } from '../support/models/small-dataset.js';

let own: OwnSource;
let image: Uint8Array;
beforeEach(async () => {
  own = await openOwnSource();
  ({ image } = await smallSample(1));
});
afterEach(() => own.close());

/** Prepares a picture with these files beside it, among two that are well. */
async function prepared(
  kind: 'folder' | 'tar',
  beside: Readonly<Record<string, string | Uint8Array>>,
  options: SidecarOptions = {},
): Promise<Outcome> {
  const files: [string, string | Uint8Array][] = [
    ['a.png', image],
    ['a.txt', 'first'],
    ['b.png', image],
    ...Object.entries(beside).map(([ending, text]): [string, string | Uint8Array] => [`b.${ending}`, text]),
    ['c.png', image],
    ['c.txt', 'last'],
  ];
  if (kind === 'folder') {
    await own.place(Object.fromEntries(files));
    return own.prepared({ kind, path: own.folder, ...options });
  }
  await own.place({ 'all.tar': await tarOfMembers(files) });
  return own.prepared({ kind, path: join(own.folder, 'all.tar'), ...options });
}

const json = (value: unknown): string => JSON.stringify(value);

describe.each(['folder', 'tar'] as const)('in a %s', (kind) => {
  it.each<[string, Record<string, string | Uint8Array>, string, string[]]>([
    ['a text and JSON of the same caption', { txt: 'one\n', json: json({ caption: 'one', url: 'x' }) }, 'one', []],
    [
      'a caption of two lines in both',
      { txt: 'one\ntwo', json: json({ caption: 'one\ntwo' }) },
      'one\ntwo',
      ['text of several lines'],
    ],
    ['a text and other JSON', { txt: 'one', json: json({ caption: 'two' }) }, 'one', ['caption holds another']],
    ['a column beside the caption', { json: json({ text: 'ocr', caption: 'one' }) }, 'one', ['text holds another']],
    ['captions before caption', { json: json({ caption: 'one', captions: ['one', 'two'] }) }, 'one|two', []],
    ['an empty caption before a good one', { json: json({ captions: [], caption: ' ', text: 'one' }) }, 'one', []],
    ['an empty text beside good JSON', { txt: '\n', json: json({ caption: 'one' }) }, 'one', []],
    ['JSON with empty captions beside a text', { txt: 'one', json: json({ caption: '', captions: [] }) }, 'one', []],
    ['JSON that is a list of maps', { txt: 'one', json: json([{ a: 1 }]) }, 'one', ['a caption file that cannot be']],
    ['JSON with a number', { txt: 'one', json: json({ caption: 7 }) }, 'one', []],
    ['JSON with a null group', { txt: 'one', json: json({ group: null }) }, 'one', []],
    ['JSON with a group that is none', { txt: 'one', json: json({ group: [] }) }, 'one', ['a group that is no text']],
    ['a byte-order mark', { json: `\ufeff${json({ caption: 'one' })}` }, 'one', []],
    ['a byte-order mark before a text', { txt: '\ufeffone' }, 'one', []],
    ['a list under caption', { json: json({ caption: ['one', 'two'] }) }, 'one|two', []],
    ['a list alone', { json: json(['one', 'two', 'one']) }, 'one|two', []],
    ['a list with numbers', { json: json(['one', 2]) }, 'one', ['values of captions that are no text']],
    [
      'text that cannot be read beside JSON',
      { txt: Buffer.from([0xff]), json: json({ caption: 'one' }) },
      'one',
      ['a cap'],
    ],
    ['large letters', { TXT: 'one' }, 'one', []],
    ['the column of LAION', { json: json({ URL: 'x', TEXT: 'one' }) }, 'one', []],
    ['a title alone', { json: json({ title: 'one', width: 3 }) }, 'one', ['caption taken from title']],
    ['the ending of kohya', { caption: 'one' }, 'one', []],
  ])('%s', async (_, beside, caption, changes) => {
    const { pairs, skipped, account } = await prepared(kind, beside);
    expect(pairs).toEqual([['first'], [caption], ['last']]);
    expect(skipped).toEqual({});
    expect(account.changed.map(({ what }) => what)).toEqual(
      changes.map((what): unknown => expect.stringContaining(what)),
    );
  });

  it.each<[string, Record<string, string>, SidecarOptions, string]>([
    ['a line each', { txt: 'one\r\n\ntwo\n' }, { captionsPerLine: true }, 'one|two'],
    [
      'both of two names',
      { txt: 'one', json: json({ text: 'two', caption: 'one' }) },
      { captionKeys: ['txt', 'text'] },
      'one|two',
    ],
    ['a name of its own', { txt: 'one', json: json({ alt: 'two' }) }, { captionKeys: ['alt'] }, 'two'],
    ['an ending of its own', { tags: 'one, two' }, { captionKeys: ['tags'] }, 'one, two'],
  ])('by option: %s', async (_, beside, options, caption) => {
    const { pairs } = await prepared(kind, beside, {
      ...options,
      captionKeys: options.captionKeys && ['none', ...options.captionKeys],
    });
    expect(pairs.map(([one]) => one)).toContain(caption);
  });

  it.each([
    [{ json: json({ title: 'x', prompt: 'y' }) }, /There is text under title, prompt: name one with --caption-key/],
    [{ json: json({ caption: 7 }) }, /caption: expected text or a list of texts, got 7/],
    [{ json: json({ label: 'x' }) }, /There is text under label/],
    [{ txt: '' }, /^No caption/],
  ])('what cannot be told is refused with the names: %s', async (beside, reason) => {
    const { pairs, skipped } = await prepared(kind, beside);
    expect(pairs).toEqual([['first'], ['last']]);
    expect(Object.values(skipped)).toEqual([expect.stringMatching(reason)]);
  });
});

it('the file with the whole name of a picture goes before the one without its ending', async () => {
  await own.place({ 'a.png': image, 'a.png.txt': 'of png', 'a.txt': 'of both', 'a.jpg': image });
  const { pairs, skipped, account } = await own.prepared({ kind: 'folder', path: own.folder });
  expect(pairs).toEqual([['of both'], ['of png']]);
  expect(skipped).toEqual({});
  expect(account.changed).toMatchObject([{ what: expect.stringContaining('another caption'), examples: ['a.png'] }]);
});
