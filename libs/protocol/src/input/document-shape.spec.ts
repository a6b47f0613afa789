import { describe, expect, it } from 'vitest';
import { documentShapeProblem } from './document-shape.js';
import { documentDepthMax, documentValuesMax } from './input-limits.js';

/** Lists nested this deep. */
function nested(depth: number): unknown {
  let value: unknown = 'innermost';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

describe('documentShapeProblem', () => {
  it.each([
    [
      'a run document',
      { name: 'a', model: { vision_cfg: { layers: [2, 3] } }, init: null, isSo: true, left: undefined },
    ],
    ['nothing', null],
    ['text with a character of two halves', { title: '🐼' }],
    ['the same map twice, not inside itself', ((same) => [same, same])({ a: 1 })],
    ['a key named __proto__', JSON.parse('{"__proto__": {"a": 1}}')],
    ['a map without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['as deep as it may be', nested(documentDepthMax)],
    ['as many values as there may be', Array.from({ length: documentValuesMax - 1 }, () => 0)],
  ])('accepts %s', (_what, document) => {
    expect(documentShapeProblem(document)).toBeUndefined();
  });

  it('refuses a map or list that contains itself, directly or indirectly', () => {
    const map: Record<string, unknown> = { name: 'a' };
    map['self'] = map;
    expect(documentShapeProblem(map)).toEqual({
      path: 'self',
      message: expect.stringContaining('cannot refer to itself'),
    });
    const list: unknown[] = [];
    list.push({ a: { b: list } });
    expect(documentShapeProblem(list)).toEqual({
      path: '0.a.b',
      message: expect.stringContaining('cannot refer to itself'),
    });
  });

  it('refuses deep nesting of any depth', () => {
    for (const depth of [documentDepthMax + 1, 1_000_000]) {
      const problem = documentShapeProblem(nested(depth));
      expect(problem?.message).toContain(`at most ${documentDepthMax} maps and lists inside one another`);
      expect(problem?.path.length).toBeLessThan(100);
    }
  });

  it('refuses too many values, even if a few are repeated, and looks at no more than the limit', () => {
    expect(documentShapeProblem(Array.from({ length: documentValuesMax }, () => 0))?.message).toContain(
      `at most ${documentValuesMax} values`,
    );
    let bomb: unknown = ['lol'];
    for (let level = 0; level < 20; level++) bomb = Array.from({ length: 10 }, () => bomb);
    expect(documentShapeProblem(bomb)?.message).toContain(`at most ${documentValuesMax} values`);
    let looks = 0;
    const endless = new Proxy<unknown[]>([], { get: (_, key) => (key === 'length' ? 2 ** 32 - 1 : looks++) });
    expect(documentShapeProblem(endless)?.message).toContain('values in all');
    expect(looks).toBeLessThan(2 * documentValuesMax);
  });

  it('refuses lone surrogates in text and in keys', () => {
    expect(documentShapeProblem({ a: ['fine', 'bad \ud800'] })).toEqual({
      path: 'a.1',
      message: expect.stringContaining('Unicode'),
    });
    expect(documentShapeProblem({ a: { 'bad \udc00': 1 } })).toEqual({
      path: 'a',
      message: expect.stringContaining('Unicode'),
    });
  });

  it.each([
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['a bigint', 1n],
    ['a function', () => 0],
    ['a Uint8Array', new Uint8Array(4)],
  ])('refuses %s, which JSON does not have', (name, value) => {
    expect(documentShapeProblem({ a: value })).toEqual({ path: 'a', message: expect.stringContaining(`got ${name}`) });
  });
});
