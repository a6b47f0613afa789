import { Resvg } from '@resvg/resvg-js';
import { describe, expect, it } from 'vitest';
import { pictureFonts } from './font.js';

const { regular, bold } = pictureFonts();

describe('font', () => {
  it.each(['Hamburgefonstiv', 'ÄÖÜ ß é', 'Ελληνικά', 'кириллица'])(
    'measures "%s" as wide as it is drawn, but for kerning',
    (text) => {
      // The two strokes at the ends have known places, so that the drawn box is the advance width, not the ink's.
      const drawn = (content: string): number => {
        const svg =
          '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60"><text x="10" y="40" ' +
          `font-size="30">${content}</text></svg>`;
        return (
          new Resvg(svg, {
            font: { fontFiles: [regular.file], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans Condensed' },
          }).getBBox()?.width ?? 0
        );
      };
      const ratio = (drawn(`|${text}|`) - drawn('||')) / regular.width(text, 30);
      expect(ratio).toBeGreaterThan(0.99);
      expect(ratio).toBeLessThan(1.01);
    },
  );

  it('leaves a text that fits alone and cuts one that does not', () => {
    expect(regular.fit('cat', 14, 100)).toBe('cat');
    const cut = bold.fit('a very long label of something', 14, 100);
    expect(cut).toMatch(/^a very .*…$/);
    expect(bold.width(cut, 14)).toBeLessThanOrEqual(100);
    expect(bold.width('a very long label of something', 14)).toBeGreaterThan(100);
  });

  it('cuts between characters, never inside one', () => {
    expect(regular.fit('😀😀😀😀😀😀😀😀', 14, 60)).toMatch(/^(😀)+…$/u);
  });
});
