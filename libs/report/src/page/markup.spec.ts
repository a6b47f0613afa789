import { describe, expect, it } from 'vitest';
import { element, escapeText, markup } from './markup.js';

describe('markup', () => {
  it('escapes strings, keeps markup, joins lists and leaves undefined out', () => {
    const bold = markup`<b>${'a & "b"'}</b>`;
    expect(markup`<p title="${"it's"}">${bold}${[bold, bold]}${undefined}${3}</p>`.text).toBe(
      '<p title="it&#39;s"><b>a &amp; &quot;b&quot;</b><b>a &amp; &quot;b&quot;</b><b>a &amp; &quot;b&quot;</b>3</p>',
    );
  });

  it('writes an element with its attributes escaped, and leaves out those that are undefined', () => {
    expect(element('line', { x1: 0, stroke: '"red"', fill: undefined }).text).toBe(
      '<line x1="0" stroke="&quot;red&quot;"/>',
    );
    expect(element('g', {}, element('text', { y: 1 }, 'a & b'), undefined).text).toBe(
      '<g><text y="1">a &amp; b</text></g>',
    );
  });

  it('drops what XML cannot hold and keeps the rest of Unicode', () => {
    expect(escapeText('a\u0000b\u001b\ud800c\ttab\n猫😀')).toBe('abc\ttab\n猫😀');
  });
});
