import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { besideChance, percent, significant, tickPercent, whole } from '#report/figures.js';
import { Chart, type Line } from '../charts/chart.js';
import type { Zoom } from '../charts/chart-options.js';
import { Empty } from '../layout/parts.js';
import { EvaluationPicture, hasPicture } from './evaluation-picture.js';

interface EvaluationsProps {
  readonly run: string;
  readonly results: readonly EvaluationResult[];
  readonly best: RunStatus['best'];
  readonly config: unknown;
}

/** The results of a run's evaluations as they come, each as curves over the steps and as figures. */
export function Evaluations({ run, results, best, config }: EvaluationsProps): JSX.Element {
  const [zoom, onZoom] = useState<Zoom>();
  const byName = useMemo(() => Map.groupBy(results, ({ name }) => name), [results]);
  if (results.length === 0) {
    const { everySteps } = (config as { readonly evaluation?: { readonly everySteps?: number } }).evaluation ?? {};
    return (
      <Empty title="No evaluation has a result yet.">
        <p class="muted">
          {everySteps === undefined
            ? 'What the run document names under `evaluation` is run at the end.'
            : `They are run every ${whole(everySteps)} steps, if the run document names any under evaluation.`}
        </p>
      </Empty>
    );
  }
  return (
    <div class="evaluations">
      {[...byName].map(([name, own]) => (
        <EvaluationCard
          key={name}
          run={run}
          results={own}
          best={best && best.result.name === name ? best.result.step : undefined}
          zoom={zoom}
          onZoom={onZoom}
        />
      ))}
    </div>
  );
}

interface EvaluationCardProps {
  readonly run: string;
  /** Those of one evaluation, in the order of their steps. */
  readonly results: readonly EvaluationResult[];
  /** The step of the best result whose checkpoint is kept. */
  readonly best: number | undefined;
  readonly zoom: Zoom | undefined;
  onZoom(zoom: Zoom | undefined): void;
}

function EvaluationCard({ run, results, best, zoom, onZoom }: EvaluationCardProps): JSX.Element {
  const newest = results.at(-1)!;
  const [chosen, choose] = useState<number>();
  const shown = results.find(({ step }) => step === chosen) ?? newest;
  return (
    <section class="card">
      <Chart
        title={`${newest.name} (${newest.kind})`}
        lines={linesOf(results)}
        format={percent}
        tick={tickPercent}
        zoom={zoom}
        onZoom={onZoom}
      />
      <EvaluationPicture run={run} result={shown} />
      <ResultTable
        results={results}
        best={best}
        shown={shown.step}
        onShow={(step) => choose(step === newest.step ? undefined : step)}
      />
    </section>
  );
}

/** Shares between 0 and 1 by their names. */
function scoresOf(result: EvaluationResult): Readonly<Record<string, number>> {
  switch (result.kind) {
    case 'zero-shot':
      return { 'top-1': result.top1, 'top-5': result.top5 };
    case 'linear-probe':
      return { 'top-1': result.top1, 'top-5': result.top5, 'mean per class': result.meanPerClass };
    case 'few-shot':
      return Object.fromEntries(result.points.map(({ shots, mean }) => [`${shots} shots`, mean]));
    case 'retrieval':
      return {
        'text R@1': result.textOfImage.r1,
        'text R@5': result.textOfImage.r5,
        'image R@1': result.imageOfText.r1,
        'image R@5': result.imageOfText.r5,
      };
  }
}

function linesOf(results: readonly EvaluationResult[]): Line[] {
  const names = [...new Set(results.flatMap((result) => Object.keys(scoresOf(result))))];
  return names.map((name, colour) => ({
    name,
    colour,
    curve: {
      steps: results.map(({ step }) => step),
      values: results.map((result) => scoresOf(result)[name] ?? null),
    },
  }));
}

interface ResultTableProps {
  readonly results: readonly EvaluationResult[];
  readonly best: number | undefined;
  /** The step of the result whose picture is shown. */
  readonly shown: number;
  onShow(step: number): void;
}

function ResultTable({ results, best, shown, onShow }: ResultTableProps): JSX.Element {
  const newest = results.at(-1)!;
  const names = Object.keys(scoresOf(newest));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`Results of ${newest.name}`}>
      <table>
        <thead>
          <tr>
            <th class="right">Step</th>
            {names.map((name) => (
              <th key={name} class="right">
                {name}
              </th>
            ))}
            <th>Of</th>
          </tr>
        </thead>
        <tbody>
          {results.toReversed().map((result) => (
            <tr key={result.step}>
              <td class="right">
                {hasPicture(result) ? (
                  <button
                    type="button"
                    class="small"
                    aria-pressed={result.step === shown}
                    title="Show the picture of this result"
                    onClick={() => onShow(result.step)}
                  >
                    {whole(result.step)}
                  </button>
                ) : (
                  whole(result.step)
                )}
              </td>
              {names.map((name) => (
                <td key={name} class="right">
                  {percent(scoresOf(result)[name] ?? 0)}
                </td>
              ))}
              <td class="muted small">
                {ofWhat(result)} {result.step === best && <span class="badge">best, kept</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ofWhat(result: EvaluationResult): string {
  const images = `${whole(result.images)} images`;
  switch (result.kind) {
    case 'zero-shot':
    case 'linear-probe':
      return `${images}, ${whole(result.classes)} classes; ${besideChance(result.top1, result.chance)}`;
    case 'few-shot':
      return `${images}, ${whole(result.classes)} classes; chance ${percent(result.chance)}`;
    case 'retrieval':
      return (
        `${images}, ${whole(result.captions)} captions; median ranks ` +
        `${significant(result.textOfImage.medianRank)} and ${significant(result.imageOfText.medianRank)}`
      );
  }
}
