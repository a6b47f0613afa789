import type { pictureFonts } from '../chart/font.js';
import { markup, type Markup } from '../page/markup.js';
import { lightPalette } from '../palette.js';

export type Fonts = ReturnType<typeof pictureFonts>;

/** A piece of the picture, drawn from its own top left corner. */
export interface Block {
  readonly content: Markup;
  readonly height: number;
}

export function block(content: readonly Markup[], height: number): Block {
  return { content: markup`${content}`, height };
}

/** A rounded rectangle to put things on. */
export function panel(width: number, height: number, fill: string, stroke: string, strokeWidth = 1): Markup {
  const inset = strokeWidth / 2;
  return markup`<rect x="${inset}" y="${inset}" width="${width - strokeWidth}" height="${height - strokeWidth}" rx="10" fill="${fill}" stroke="${stroke}" stroke-width="${strokeWidth}"/>`;
}

export interface TextStyle {
  readonly size: number;
  readonly x?: number;
  /** Of the baseline. */
  readonly y: number;
  readonly bold?: boolean;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export function text(
  content: string,
  { size, x = 0, y, bold = false, fill = lightPalette.ink, anchor = 'start' }: TextStyle,
): Markup {
  return markup`<text x="${x}" y="${y}" font-size="${size}" font-weight="${bold ? 'bold' : 'normal'}" fill="${fill}" text-anchor="${anchor}">${content}</text>`;
}
