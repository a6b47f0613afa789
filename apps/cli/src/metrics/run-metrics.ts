import { stringify } from 'csv-stringify/sync';
import type { ApiClient } from '#cluster/api-client.js';
import type { StepMetrics } from '#protocol/run/run-status.js';

export const metricsFormats = ['csv', 'jsonl'] as const;
export type MetricsFormat = (typeof metricsFormats)[number];

/** The metrics of every committed step of a run, in order. */
export async function allMetrics(api: Pick<ApiClient, 'metrics'>, id: string): Promise<StepMetrics[]> {
  const all: StepMetrics[] = [];
  for (let from = 0; ;) {
    const { metrics, next } = await api.metrics(id, from);
    if (metrics.length === 0) return all;
    all.push(...metrics);
    from = next;
  }
}

/** One step a line, without a line end after the last: below a header, as spreadsheets and pandas read it, or JSON. */
export function metricsText(metrics: readonly StepMetrics[], format: MetricsFormat): string {
  if (format === 'jsonl') return metrics.map((step) => JSON.stringify(step)).join('\n');
  const columns = [...new Set(metrics.flatMap((step) => Object.keys(step)))];
  return stringify([...metrics], { header: true, columns, eof: false });
}
