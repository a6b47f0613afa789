import type { CompareResult } from '#evaluate/reports/compare-report.js';
import { compareReport, compareSentences } from '#evaluate/reports/compare-report.js';
import { fewShotReport, fewShotSentences, type FewShotResult } from '#evaluate/reports/few-shot-report.js';
import { linearProbeSummary, type LinearProbeResult } from '#evaluate/reports/linear-probe-report.js';
import { retrievalSummary, type RetrievalResult } from '#evaluate/reports/retrieval-report.js';
import { scalingReport, scalingSentences, type ScalingResult } from '#evaluate/reports/scaling-report.js';
import { zeroShotSummary, type ZeroShotResult } from '#evaluate/reports/zero-shot-report.js';
import type { EvaluationReport } from '#report/evaluation-report.js';
import { whole } from '#report/figures.js';
import type { Licence } from '#report/report.js';

/** All that the walk found out. */
export interface PaperResult {
  readonly kind: 'paper';
  readonly queries: number;
  readonly pairs: number;
  readonly curatedPairs: number;
  readonly zeroShot: ZeroShotResult;
  readonly fewShot: FewShotResult;
  readonly retrieval: RetrievalResult;
  /** By size. */
  readonly probes: readonly LinearProbeResult[];
  readonly compare: CompareResult;
  readonly scaling: ScalingResult;
  /** Of the whole walk. */
  readonly seconds: number;
}

/** The paper's three figures from one's own numbers: few-shot with the star, accuracy against compute and data. */
export function paperReport(result: PaperResult, licences: readonly Licence[]): EvaluationReport {
  const { zeroShot, fewShot, retrieval, probes, compare, scaling } = result;
  const parts = [fewShotReport(fewShot, []), compareReport(compare), scalingReport(scaling, [])];
  return {
    title: 'From corpus to curve',
    summary:
      `${whole(result.queries)} queries of a corpus chose ${whole(result.curatedPairs)} of ${whole(result.pairs)} ` +
      'pairs of drawings and captions; three sizes of a CLIP were trained on them from random numbers, and judged by ' +
      'a drawing style that none of them has seen.',
    facts: [
      { name: 'the whole walk', value: `${Math.floor(result.seconds / 60)} min ${Math.round(result.seconds % 60)} s` },
    ],
    remarks: [
      zeroShotSummary(zeroShot),
      ...fewShotSentences(fewShot),
      ...probes.map(linearProbeSummary),
      ...compareSentences(compare),
      ...scalingSentences(scaling),
      retrievalSummary(retrieval),
    ],
    charts: parts.flatMap(({ charts }) => charts),
    tables: parts.flatMap(({ tables }) => tables).filter(({ name }) => name !== 'probes'),
    galleries: [],
    found: [],
    licences,
  };
}
