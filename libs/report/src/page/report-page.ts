import { stringify } from 'yaml';
import { percent, significant, besideChance, whole } from '../figures.js';
import { galleryView } from './gallery-view.js';
import { lineChart, type LineChart } from '../chart/line-chart.js';
import { markup, type Markup } from './markup.js';
import { pageStyle } from './page-style.js';
import { themePalette } from '../palette.js';
import { finalResult, scoresOf, type Fact, type Report, type ReportEvaluation } from '../report.js';
import { detailFacts, leadingFacts, stepPhases } from '../run-facts.js';
import { trainingCharts } from '../chart/training-charts.js';

/** The report as one HTML file: no scripts, nothing loaded from anywhere, light and dark by the reader's theme. */
export async function reportPage(report: Report): Promise<string> {
  const [first, ...others] = await Promise.all(report.galleries.map(galleryView));
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${report.title}</title>
<style>${{ kind: 'markup', text: pageStyle() }}</style>
</head>
<body>
<main>
${heading(report)}
${headline(report)}
${first}
<section><h2>Training</h2><div class="charts">${trainingCharts(report).map(chartView)}${phasesView(report)}</div></section>
${others}
${details(report)}
</main>
</body>
</html>
`.text;
}

function heading({ title, summary, run }: Report): Markup {
  const failure = run.error
    ? markup`<p class="failure"><strong>${run.error.code}</strong> ${run.error.message}${run.error.help ? markup`<br>${run.error.help}` : undefined}</p>`
    : undefined;
  return markup`<header><p class="state ${run.state}">${run.state}</p><h1>${title}</h1><p class="summary">${summary}</p>${failure}</header>`;
}

function headline(report: Report): Markup {
  return markup`<section class="headline" aria-label="Results">${report.evaluations.map(scoreCard)}</section>
<dl class="leading">${leadingFacts(report).map(({ name, value }) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function scoreCard(evaluation: ReportEvaluation): Markup {
  const result = finalResult(evaluation);
  const scores = scoresOf(result).map(
    ({
      name,
      share,
      chance,
    }) => markup`<div class="score"><span class="name">${name}</span><span class="value">${percent(share)}</span>
<span class="gauge" aria-hidden="true"><span style="width:${(100 * share).toFixed(2)}%"></span></span>
<span class="chance">${besideChance(share, chance)}</span></div>`,
  );
  return markup`<article class="card"><h2>${evaluation.heading}</h2><div class="scores">${scores}</div><p class="note">${evaluation.note} ${whole(
    result.images,
  )} images, ${whole(result.classes)} classes, after step ${whole(result.step)}.</p></article>`;
}

function chartView(chart: LineChart): Markup {
  const frame = { width: 460, height: 250, fontSize: 11.5 };
  return markup`<figure class="card"><svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${chart.title} by step, ${chart.unit}">${lineChart(
    chart,
    frame,
    themePalette,
  )}</svg></figure>`;
}

function phasesView(report: Report): Markup | undefined {
  if (report.metrics.length === 0) return undefined;
  const phases = stepPhases(report);
  const total = phases.reduce((sum, { ms }) => sum + ms, 0);
  const parts = phases.map(({ name, ms }) => ({ name, ms, share: ms / total }));
  return markup`<figure class="card phases"><figcaption><strong>Where a step's time goes</strong> <span>${significant(total)}&nbsp;ms, mean over all steps</span></figcaption>
<div class="stack" aria-hidden="true">${parts.map(({ name, share }) => markup`<span class="${name}" style="flex-grow:${share.toFixed(4)}"></span>`)}</div>
<ul>${parts.map(({ name, ms, share }) => markup`<li><span class="key ${name}" aria-hidden="true"></span>${name} <b>${significant(ms)}&nbsp;ms</b> ${percent(share)}</li>`)}</ul></figure>`;
}

function details(report: Report): Markup {
  const licences = report.licences.map(({ source, licence, url }) => {
    // The address comes with the data: only the web's are made links, never `javascript:`.
    const link = url && /^https?:\/\//.test(url) ? markup`<a href="${url}">${url}</a>` : url;
    return markup`<li><strong>${source}</strong> ${licence} ${link}</li>`;
  });
  return markup`<section class="details"><div><h2>Run</h2>${factList(detailFacts(report))}</div>
<div><h2>Machine</h2>${factList(report.environment)}<h2>Licences</h2><ul class="licences">${licences}</ul></div></section>
<section><h2>Configuration</h2><details><summary>The run document as it was resolved</summary><pre>${stringify(report.run.config)}</pre></details></section>`;
}

function factList(facts: readonly Fact[]): Markup {
  return markup`<dl class="facts">${facts.map(({ name, value }) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
