import { queryCountsText, type CurationReport } from '#corpus/curate/curation-report.js';
import type { Query } from '#corpus/queries/query-list.js';
import { large, whole } from '#report/figures.js';
import { barChart } from '#report/chart/bar-chart.js';
import { lightPalette } from '#report/palette.js';
import { chartSvg, svgPng } from '#report/picture/chart-picture.js';
import type { Store } from '#store/store.js';

/** Writes report.json, queries.tsv with the pairs of each query before and after, and histogram.png. */
export async function writeCurationReport(
  place: Store,
  report: CurationReport,
  queries: readonly Query[],
  before: Uint32Array,
  after: Uint32Array,
): Promise<void> {
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  await place.put('report.json', text(`${JSON.stringify(report, null, 2)}\n`));
  await place.put('queries.tsv', text(queryCountsText(queries, before, after)));
  await place.put('histogram.png', histogramPicture(report));
}

function histogramPicture({ histogram, perQuery, method, before }: CurationReport): Uint8Array {
  const name = method === 'cap' ? 'cap' : 't';
  const chart = {
    title: 'Queries by their pairs',
    unit: 'queries, before and after curation',
    below: 'pairs that match the query: from the number to the next',
    series: ['before', 'after'],
    groups: histogram.map(({ from, before, after }) => ({ label: large(from), values: [before, after] })),
    ...(perQuery <= before.most && { mark: { group: Math.log2(perQuery), label: `${name} = ${whole(perQuery)}` } }),
  };
  const [width, height] = [912, 432];
  return svgPng(chartSvg(barChart(chart, { width, height, fontSize: 14 }, lightPalette), width, height));
}
