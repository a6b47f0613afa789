/** Colours named for their use. In the page they are CSS variables, which change with the reader's theme. */
export interface Palette {
  readonly page: string;
  readonly card: string;
  readonly edge: string;
  readonly grid: string;
  readonly ink: string;
  readonly muted: string;
  readonly accent: string;
  readonly second: string;
  readonly right: string;
  readonly wrong: string;
  readonly bar: string;
  /** Behind an image. Light in both themes, because some drawings have dark outlines and no background. */
  readonly mat: string;
}

export const lightPalette: Palette = {
  page: '#f6f5f2',
  card: '#ffffff',
  edge: '#e2dfd8',
  grid: '#e9e6df',
  ink: '#1c1f24',
  muted: '#666b74',
  accent: '#2456c7',
  second: '#b4552d',
  right: '#0a7048',
  wrong: '#b3361f',
  bar: '#e4ebf9',
  mat: '#f3f2ee',
};

export const darkPalette: Palette = {
  page: '#14161a',
  card: '#1d2025',
  edge: '#31353d',
  grid: '#2b2f36',
  ink: '#eceae6',
  muted: '#9fa4ae',
  accent: '#86a9ff',
  second: '#eb9a70',
  right: '#55c795',
  wrong: '#ff8d72',
  bar: '#2a3550',
  mat: '#e9e7e2',
};

/** Each colour as a reference to the CSS variable of that name. */
export const themePalette = Object.fromEntries(
  Object.keys(lightPalette).map((name) => [name, `var(--${name})`]),
) as unknown as Palette;

/** The CSS declarations behind `themePalette`, one a line: `--page: #fff;`. */
export function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `  --${name}: ${String(colour)};`)
    .join('\n');
}
