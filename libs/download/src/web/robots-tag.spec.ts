import { expect, it } from 'vitest';
import { disallowedDirectives, forbiddingDirective } from './robots-tag.js';

it.each([
  [undefined, undefined],
  ['all', undefined],
  ['noai', 'noai'],
  ['nofollow, NoImageAI', 'noimageai'],
  ['otherbot: noindex, noai', undefined],
  ['Tandem: noindex', 'noindex'],
  ['*: noimageindex', 'noimageindex'],
  ['unavailable_after: 25 Jun 2010 15:00:00 PST', undefined],
  [['otherbot: noai', 'nofollow', 'noai'], 'noai'],
])('%j forbids by %j', (header, directive) => {
  expect(forbiddingDirective(header, disallowedDirectives, 'tandem')).toBe(directive);
});

it('other directives count if they are named, and none if none is', () => {
  expect(forbiddingDirective('noarchive', ['noarchive'], 'tandem')).toBe('noarchive');
  expect(forbiddingDirective('noai', [], 'tandem')).toBeUndefined();
});
