import type { Comparison } from './compare.js';
import type { FaultKind, StoreKind } from './kinds.js';
import { median } from './progress.js';

/** A fault that was carried out. */
export interface StruckFault {
  readonly kind: FaultKind;
  /** Steps that were committed when it struck. */
  readonly step: number;
  readonly acted: boolean;
  readonly what: string;
  readonly durationMs: number;
  /** What it cost; null if it shares its round, the run had to wait for the schedule, or the run ended first. */
  readonly recoveryMs: number | null;
}

/** All faults of one kind. Times in milliseconds. */
export interface KindReport {
  readonly kind: FaultKind;
  readonly struck: number;
  /** How many of them acted. */
  readonly acted: number;
  readonly medianRecoveryMs: number | null;
  readonly maxRecoveryMs: number | null;
}

export interface ChaosReport {
  readonly seed: number;
  readonly steps: number;
  readonly store: StoreKind;
  /** Kinds that cannot be made to happen on this machine, and why. */
  readonly leftOut: Readonly<Record<string, string>>;
  readonly faults: readonly StruckFault[];
  readonly kinds: readonly KindReport[];
  /** Kinds that acted less often than was asked for: they prove less. */
  readonly tooFew: readonly FaultKind[];
  readonly wallMs: number;
  readonly undisturbedMs: number;
  /** Median of the steps of the undisturbed run. */
  readonly usualStepMs: number;
  /** Why the run did not complete; null if it did. */
  readonly failure: string | null;
  readonly committedSteps: number;
  /** Null if the run did not complete. */
  readonly comparison: Comparison | null;
  readonly identical: boolean;
}

export function kindReports(kinds: readonly FaultKind[], faults: readonly StruckFault[]): KindReport[] {
  return kinds.map((kind) => {
    const ofKind = faults.filter((fault) => fault.kind === kind);
    const acted = ofKind.filter((fault) => fault.acted);
    const recoveries = acted.flatMap(({ recoveryMs }) => (recoveryMs === null ? [] : [recoveryMs]));
    return {
      kind,
      struck: ofKind.length,
      acted: acted.length,
      medianRecoveryMs: recoveries.length === 0 ? null : median(recoveries),
      maxRecoveryMs: recoveries.length === 0 ? null : Math.max(...recoveries),
    };
  });
}

export function reportText(report: ChaosReport): string {
  const { kinds, tooFew, leftOut, comparison, failure } = report;
  const rows = [
    ['fault', 'acted', 'recovery: median', 'maximum'],
    ...kinds.map(({ kind, acted, medianRecoveryMs, maxRecoveryMs }) => [
      kind,
      String(acted),
      seconds(medianRecoveryMs),
      seconds(maxRecoveryMs),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [
    `seed ${report.seed}, ${report.committedSteps} of ${report.steps} steps, store ${report.store}`,
    '',
    ...table,
    ...(tooFew.length === 0 ? [] : [`acted less often than asked for: ${tooFew.join(', ')}`]),
    ...Object.entries(leftOut).map(([kind, why]) => `${kind} was left out: ${why}`),
    '',
    `wall time ${seconds(report.wallMs)}, undisturbed ${seconds(report.undisturbedMs)} ` +
      `(a step takes ${Math.round(report.usualStepMs)} ms)`,
    ...(failure === null ? [] : [`not completed: ${failure}`]),
    ...(comparison ? [comparisonText(comparison)] : []),
    `identical: ${report.identical}`,
    '',
  ].join('\n');
}

function comparisonText({ parameters, moments, losses, firstDifferentStep }: Comparison): string {
  const same = (is: boolean): string => (is ? 'the same' : 'different');
  const where = firstDifferentStep === null ? '' : ` from step ${firstDifferentStep} on`;
  return `parameters ${same(parameters)}, moments ${same(moments)}, loss curve ${same(losses)}${where}`;
}

function seconds(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 1000).toFixed(2)} s`;
}
