import { sum } from 'd3-array';
import { stringify } from 'yaml';
import { percent, significant, besideChance, whole } from '../figures.js';
import { galleryView } from './gallery-view.js';
import { htmlPage } from './html-page.js';
import { lineChart, type LineChart } from '../chart/line-chart.js';
import { element, markup, type Markup } from './markup.js';
import { themePalette } from '../palette.js';
import { finalResult, scoresOf, type Fact, type Report, type ReportEvaluation, type Score } from '../report.js';
import { detailFacts, leadingFacts, stepPhases } from '../run-facts.js';
import { searchStyle } from '../search/search-style.js';
import { searchScripts, searchView } from '../search/search-view.js';
import { trainingCharts } from '../chart/training-charts.js';

/** The report as one HTML file. Its only script is that of the search, if there is one. */
export async function reportPage(report: Report): Promise<string> {
  const [first, ...others] = await Promise.all(report.galleries.map(galleryView));
  return htmlPage({
    title: report.title,
    style: report.search ? searchStyle : '',
    main: markup`${heading(report)}
${headline(report)}
${report.search && searchView(report.search)}
${first}
<section>
<h2>Training</h2>
${report.trainingNote && markup`<p class="note">${report.trainingNote}</p>`}
<div class="charts">${trainingCharts(report).map(chartView)}${phasesView(report)}</div>
</section>
${others}
${details(report)}`,
    scripts: report.search && searchScripts(report.search),
  });
}

function heading({ title, summary, run }: Report): Markup {
  return markup`<header>
<p class="state ${run.state}">${run.state}</p>
<h1>${title}</h1>
<p class="summary">${summary}</p>
${failureView(run.error)}
</header>`;
}

/** The paragraph keeps its line breaks, so the markup adds none. */
function failureView(error: Report['run']['error']): Markup | undefined {
  if (!error) return undefined;
  const help = error.help ? markup`<br>${error.help}` : undefined;
  return markup`<p class="failure"><strong>${error.code}</strong> ${error.message}${help}</p>`;
}

function headline(report: Report): Markup {
  const facts = leadingFacts(report).map(({ name, value }) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`);
  return markup`<section class="headline" aria-label="Results">${report.evaluations.map(scoreCard)}</section>
<dl class="leading">${facts}</dl>`;
}

function scoreCard(evaluation: ReportEvaluation): Markup {
  const result = finalResult(evaluation);
  const [images, classes, step] = [result.images, result.classes, result.step].map(whole);
  return markup`<article class="card">
<h2>${evaluation.heading}</h2>
<div class="scores">${scoresOf(result).map(scoreView)}</div>
<p class="note">${evaluation.note} ${images} images, ${classes} classes, after step ${step}.</p>
</article>`;
}

function scoreView({ name, share, chance }: Score): Markup {
  return markup`<div class="score">
<span class="name">${name}</span><span class="value">${percent(share)}</span>
<span class="gauge" aria-hidden="true"><span style="width:${(100 * share).toFixed(2)}%"></span></span>
<span class="chance">${besideChance(share, chance)}</span>
</div>`;
}

function chartView(chart: LineChart): Markup {
  const frame = { width: 460, height: 250, fontSize: 11.5 };
  const svg = {
    viewBox: `0 0 ${frame.width} ${frame.height}`,
    role: 'img',
    'aria-label': `${chart.title} by step, ${chart.unit}`,
  };
  return markup`<figure class="card">${element('svg', svg, lineChart(chart, frame, themePalette))}</figure>`;
}

function phasesView(report: Report): Markup | undefined {
  if (report.metrics.length === 0) return undefined;
  const phases = stepPhases(report);
  const total = sum(phases, ({ ms }) => ms);
  const parts = phases.map(({ name, ms }) => ({ name, ms, share: ms / total }));
  const stack = parts.map(
    ({ name, share }) => markup`<span class="${name}" style="flex-grow:${share.toFixed(4)}"></span>\n`,
  );
  const rows = parts.map(
    ({ name, ms, share }) => markup`
<li>
<span class="key ${name}" aria-hidden="true"></span>${name} <b>${significant(ms)}&nbsp;ms</b> ${percent(share)}
</li>`,
  );
  return markup`<figure class="card phases">
<figcaption>
<strong>Where a step's time goes</strong>
<span>${significant(total)}&nbsp;ms, mean over all steps</span>
</figcaption>
<div class="stack" aria-hidden="true">${stack}</div>
<ul>${rows}</ul>
</figure>`;
}

function details(report: Report): Markup {
  const licences = report.licences.map(({ source, licence, url }) => {
    // The address comes with the data. Only web addresses become links, never `javascript:`.
    const link = url && /^https?:\/\//.test(url) ? markup`<a href="${url}">${url}</a>` : url;
    return markup`<li><strong>${source}</strong> ${licence} ${link}</li>`;
  });
  return markup`<section class="details">
<div>
<h2>Run</h2>
${factList(detailFacts(report))}
</div>
<div>
<h2>Machine</h2>
${factList(report.environment)}
<h2>Licences</h2>
<ul class="licences">${licences}</ul>
</div>
</section>
<section>
<h2>Configuration</h2>
<details>
<summary>The run document with its defaults filled in</summary>
<pre>${stringify(report.run.config)}</pre>
</details>
</section>`;
}

function factList(facts: readonly Fact[]): Markup {
  return markup`<dl class="facts">${facts.map(({ name, value }) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
