import { describe, expect, it } from 'vitest';
import { classesOf, readClassDocument } from './class-document.js';

const read = (text: string, path = 'classes.txt') => readClassDocument(new TextEncoder().encode(text), path);

describe('class document', () => {
  it('reads lines of labels, with a name after a tab', () => {
    const { classes } = read('n01\ttench\r\n\nn02\n');
    expect(classes.map(({ label, name, place }) => [label, name, place])).toEqual([
      ['n01', 'tench', 'line 1'],
      ['n02', 'n02', 'line 3'],
    ]);
  });

  it('reads JSON with templates of all and of one class', () => {
    const document = read(
      '{"templates":["a {}"],"classes":{"n01":"tench","n02":{"name":"crane","templates":["a {object} bird"]}}}',
      'classes.json',
    );
    expect(document.templates).toEqual(['a {}']);
    expect(classesOf(document, ['n02', 'n01'], 'birds').map(({ name, templates }) => [name, templates])).toEqual([
      ['crane', ['a {object} bird']],
      ['tench', undefined],
    ]);
  });

  it.each([
    ['a\tb\tc', 'classes.txt', /classes.txt: expected a label.*got "a\\tb\\tc" in line 1/],
    ['a\nb\na', 'classes.txt', /each label once, got "a" in line 1 and line 3/],
    ['{', 'c.json', /c.json: expected JSON/],
    ['{"names":{}}', 'c.json', /c.json: expected "classes"/],
    [
      '{"classes":{"a":{"templates":["no place"]}}}',
      'c.json',
      /with {} or {object} where the label goes, got "no place"/,
    ],
  ])('refuses %j, saying where', (text, path, message) => {
    expect(() => read(text, path)).toThrow(message);
  });

  it('names classes that match no label, with their lines, and labels without a class', () => {
    expect(() => classesOf(read('cat\nDog\n'), ['cat', 'dog'], 'pets')).toThrow(
      'Classes in classes.txt: expected one for each of the 2 labels of "pets", got 1 that match no label: "Dog" ' +
        '(line 2); none for 1 labels: "dog".',
    );
  });
});
