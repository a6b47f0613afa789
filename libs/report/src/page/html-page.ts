import { markup, type Markup } from './markup.js';
import { pageStyle } from './page-style.js';

export interface HtmlPage {
  readonly title: string;
  /** Beside the style of all pages. */
  readonly style: string;
  readonly main: Markup;
  /** After the main part; nothing if left out. */
  readonly scripts?: Markup | undefined;
}

/** A page as one HTML file. It loads nothing and is light or dark by the reader's theme. */
export function htmlPage({ title, style, main, scripts }: HtmlPage): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ kind: 'markup', text: pageStyle() + style }}</style>
</head>
<body>
<main>
${main}
</main>
${scripts}
</body>
</html>
`.text;
}
