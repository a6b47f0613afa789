import { learnsNothing, partsWays } from '#report/training-health.js';
import { isCount, isDownload } from '#protocol/document/run-document.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import type { Terminal } from '../terminal/terminal.js';
import { evaluationText } from './run-text.js';

/** Says what happens to a run besides its steps, a line each: results of evaluations, and what looks wrong. */
export interface Remarks {
  /** Takes the run's newest status, and the metrics of all committed steps. */
  show(status: RunStatus, metrics: readonly StepMetrics[]): void;
}

/** A line about a result, with the metrics of all committed steps; undefined where there is nothing to say. */
export type ResultText = (result: EvaluationResult, metrics: readonly StepMetrics[]) => string | undefined;

export function openRemarks({ say }: Pick<Terminal, 'say'>, resultText: ResultText = evaluationText): Remarks {
  let shown: number | undefined;
  const said = new Set<string>();
  const once = (kind: string, remark: string | undefined): void => {
    if (remark === undefined || said.has(kind)) return;
    said.add(kind);
    say(`  ${remark}`);
  };
  return {
    show(status, metrics) {
      const { evaluations } = status;
      // A run that is resumed has results already; one that was just submitted has none.
      shown = Math.min(shown ?? evaluations.length, evaluations.length);
      for (const result of evaluations.slice(shown)) {
        const text = resultText(result, metrics);
        if (text !== undefined) say(`  ${text}`);
      }
      shown = evaluations.length;
      if (isDownload(status.config) || isCount(status.config)) return;
      const { batch, loss, schedule } = status.config as RunConfig;
      const course = { metrics, evaluations, batch, loss: loss.kind, warmupSteps: schedule.warmupSteps };
      once('nothing', learnsNothing(course));
      once('parts', partsWays(course));
    },
  };
}
