import type { pictureFonts } from '../chart/font.js';
import { element, markup, type Markup } from '../page/markup.js';
import { lightPalette } from '../palette.js';

export type Fonts = ReturnType<typeof pictureFonts>;

/** A part of the picture. Its origin is its own top left corner. */
export interface Block {
  readonly content: Markup;
  readonly height: number;
}

export function block(content: readonly Markup[], height: number): Block {
  return { content: markup`${content}`, height };
}

/** Content moved so that its own origin comes to (x, y). */
export function placed(x: number, y: number, ...content: readonly Markup[]): Markup {
  return element('g', { transform: `translate(${x} ${y})` }, ...content);
}

/** A rounded rectangle behind other content. */
export function panel(width: number, height: number, fill: string, stroke: string, strokeWidth = 1): Markup {
  return element('rect', {
    x: strokeWidth / 2,
    y: strokeWidth / 2,
    width: width - strokeWidth,
    height: height - strokeWidth,
    rx: 10,
    fill,
    stroke,
    'stroke-width': strokeWidth,
  });
}

export interface TextStyle {
  readonly size: number;
  readonly x?: number;
  /** y of the baseline. */
  readonly y: number;
  readonly bold?: boolean;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function text(
  content: string,
  { size, x = 0, y, bold = false, fill = lightPalette.ink, anchor = 'start' }: TextStyle,
): Markup {
  const font = { 'font-size': size, 'font-weight': bold ? 'bold' : 'normal' };
  return element('text', { x, y, ...font, fill, 'text-anchor': anchor }, content);
}
