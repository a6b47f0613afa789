import type { EvaluationChart, EvaluationReport, EvaluationTable, FoundImages } from '../evaluation-report.js';
import { significant, whole } from '../figures.js';
import { themePalette } from '../palette.js';
import { thumbnail } from '../picture/thumbnail.js';
import type { Fact, Licence } from '../report.js';
import { searchStyle } from '../search/search-style.js';
import { galleryView } from './gallery-view.js';
import { htmlPage } from './html-page.js';
import { element, markup, type Markup } from './markup.js';

/** Rows of a table in the page; the file beside it has all of them. */
const rowsMax = 200;
const foundPixels = 240;

/** An evaluation as one HTML file without a script. */
export async function evaluationPage(report: EvaluationReport): Promise<string> {
  return htmlPage({
    title: report.title,
    style: searchStyle + tableStyle,
    main: markup`<header>
<h1>${report.title}</h1>
<p class="summary">${report.summary}</p>
</header>
${await Promise.all(report.found.map(foundView))}
${report.remarks.length === 0 ? undefined : remarksView(report.remarks)}
${await Promise.all(report.charts.map(chartView))}
${await Promise.all(report.galleries.map(galleryView))}
${report.tables.map(tableView)}
${detailsView(report.facts, report.licences)}`,
  });
}

const tableStyle = `
.remarks { margin: 12px 0 0; padding-left: 1.2em; max-width: 60em }
.evaluation { width: 100%; max-width: 1000px; border-collapse: collapse; margin-top: 16px; font-size: .9375rem }
.evaluation th, .evaluation td { padding: 6px 16px 6px 0; border-bottom: 1px solid var(--edge); text-align: left }
.evaluation .number { text-align: right; font-variant-numeric: tabular-nums }
.figure { max-width: 860px }
.figure svg { display: block; width: 100%; height: auto; font-family: inherit }
`;

function remarksView(remarks: readonly string[]): Markup {
  return markup`<section>
<h2>What it says</h2>
<ul class="remarks">${remarks.map((remark) => markup`<li>${remark}</li>\n`)}</ul>
</section>`;
}

async function chartView({ title, frame, draw }: EvaluationChart): Promise<Markup> {
  const svg = { viewBox: `0 0 ${frame.width} ${frame.height}`, role: 'img', 'aria-label': title };
  const drawn = element('svg', svg, await draw(themePalette));
  return markup`<section><figure class="card figure">${drawn}</figure></section>`;
}

function tableView({ name, heading, note, columns, rows }: EvaluationTable): Markup {
  const shown = rows.slice(0, rowsMax);
  const rest = rows.length > rowsMax ? `The first ${rowsMax} of ${whole(rows.length)} rows; ${name}.csv has all.` : '';
  const isNumber = (column: number): boolean => typeof rows[0]?.[column] === 'number';
  const cell = (value: string | number): string => (typeof value === 'number' ? figure(value) : value);
  const head = columns.map((column, at) => markup`<th class="${isNumber(at) ? 'number' : ''}">${column}</th>`);
  const body = shown.map(
    (
      row,
    ) => markup`<tr>${row.map((value, at) => markup`<td class="${isNumber(at) ? 'number' : ''}">${cell(value)}</td>`)}
</tr>`,
  );
  return markup`<section>
<h2>${heading}</h2>
<p class="note">${[note, rest].filter(Boolean).join(' ')}</p>
<table class="evaluation"><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table>
</section>`;
}

/** Counts in full, other numbers with three digits. */
function figure(value: number): string {
  return Number.isInteger(value) ? whole(value) : significant(value);
}

async function foundView({ heading, note, images }: FoundImages): Promise<Markup> {
  const items = await Promise.all(
    images.map(async ({ key, image, caption, similarity }) => {
      const source = await thumbnail(image, foundPixels, 'webp');
      const shown = source
        ? markup`<img src="${source}" alt="" loading="lazy">`
        : markup`<span class="lost">no image</span>`;
      const share = similarity === undefined ? undefined : markup`<span class="share">${similarity.toFixed(3)}</span>`;
      return markup`<li title="${key}"><div class="mat">${shown}</div>
<span class="name">${caption}</span>${share}</li>
`;
    }),
  );
  return markup`<section class="search">
<h2>${heading}</h2>
<p class="note">${note}</p>
<ol class="found">${items}</ol>
</section>`;
}

function detailsView(facts: readonly Fact[], licences: readonly Licence[]): Markup {
  const list = facts.map(({ name, value }) => markup`<dt>${name}</dt><dd>${value}</dd>`);
  const terms = licences.map(({ source, licence }) => markup`<li><strong>${source}</strong> ${licence}</li>`);
  return markup`<section class="details">
<div>
<h2>How it was computed</h2>
<dl class="facts">${list}</dl>
</div>
${licences.length === 0 ? undefined : markup`<div><h2>Licences</h2><ul class="licences">${terms}</ul></div>`}
</section>`;
}
