import { range, sum } from 'd3-array';
import { timeOf, type Share } from '#engine/profile/breakdown.js';
import { bytes, percent } from '#report/figures.js';
import { table } from '../terminal/table.js';
import type { PartProfile, TowerProfile } from './tower-profile.js';

/** Rows of the table of operators; the rest, which take little time, are summed up in the last row. */
const operatorRows = 12;

/** The profiles of one or both towers, as tables. */
export function profileText(profiles: readonly TowerProfile[]): string {
  return [
    numbers([partHeader, ...profiles.flatMap(partRows), ...totalRow(profiles)]),
    ...profiles.map(buildText),
    ...profiles.flatMap(shareTables),
  ].join('\n\n');
}

const partHeader = ['PART', 'TIME', 'SHARE', 'GFLOP', 'GFLOP/S', 'IN MATMULS', 'GFLOP/S THERE', 'KERNELS'];

function partRows({ tower, parts }: TowerProfile, _at: number, all: readonly TowerProfile[]): string[][] {
  const total = sum(
    all.flatMap((profile) => profile.parts),
    ({ timeMs }) => timeMs,
  );
  return parts.map((part) => partRow(`${tower} ${part.part}`, [part], total));
}

function totalRow(profiles: readonly TowerProfile[]): string[][] {
  const parts = profiles.flatMap((profile) => profile.parts);
  return [
    partRow(
      'in all',
      parts,
      sum(parts, ({ timeMs }) => timeMs),
    ),
  ];
}

function partRow(name: string, parts: readonly PartProfile[], totalMs: number): string[] {
  const [timeMs, matmulMs, flops] = [
    sum(parts, (part) => part.timeMs),
    sum(parts, (part) => part.matmulMs),
    sum(parts, (part) => part.flops),
  ];
  return [
    name,
    milliseconds(timeMs),
    percent(timeMs / totalMs),
    (flops / 1e9).toFixed(1),
    rate(flops, timeMs),
    percent(matmulMs / timeMs),
    rate(flops, matmulMs),
    `${sum(parts, (part) => part.kernels)}`,
  ];
}

function buildText({ tower, buildMs, stashBytes, parts }: TowerProfile): string {
  const graphs = parts.map(({ part, graphBytes }) => `${part} ${(graphBytes / 1024).toFixed(0)} KiB`).join(', ');
  const [timeMs, formulaFlops] = [sum(parts, (part) => part.timeMs), sum(parts, (part) => part.formulaFlops)];
  return [
    `${tower}: built in ${(buildMs / 1000).toFixed(1)} s (graphs: ${graphs}); stash ${bytes(stashBytes)}`,
    `${(formulaFlops / 1e9).toFixed(1)} GFLOP by the model's formula, 3 × forward: ` +
      `${rate(formulaFlops, timeMs)} GFLOP/s`,
  ].join('\n  ');
}

function shareTables({ tower, operators, blocks, places }: TowerProfile): string[] {
  const named = (title: string, shares: readonly Share[]): string =>
    shareTable(`${tower.toUpperCase()} BY ${title}`, shares);
  const blocksLast = [...blocks].sort((a, b) => Number(a.name === '') - Number(b.name === ''));
  return [
    named('OPERATOR', foldRest(operators, operatorRows)),
    named(
      'LAYER',
      blocksLast.map((share) => ({ ...share, name: share.name || '(no layer)' })),
    ),
    named(
      'PLACE IN THE BLOCKS',
      places.map((share) => ({ ...share, name: share.name || '(residual)' })),
    ),
  ];
}

function shareTable(title: string, shares: readonly Share[]): string {
  const total = sum(shares, timeOf);
  const rows = shares.map((share) => [
    share.name,
    milliseconds(share.forwardMs),
    milliseconds(share.backwardMs),
    percent(timeOf(share) / total),
    percent(share.matmulMs / timeOf(share)),
    share.flops > 0 ? rate(share.flops, timeOf(share)) : '-',
    `${share.kernels}`,
  ]);
  return numbers([[title, 'FORWARD', 'BACKWARD', 'SHARE', 'IN MATMULS', 'GFLOP/S', 'KERNELS'], ...rows]);
}

/** The first rows, with all others summed up in the last one. */
function foldRest(shares: readonly Share[], rows: number): Share[] {
  if (shares.length <= rows) return [...shares];
  const rest = shares.slice(rows - 1);
  const total = (of: (share: Share) => number): number => sum(rest, of);
  const folded: Share = {
    name: `${rest.length} others`,
    kernels: total(({ kernels }) => kernels),
    forwardMs: total(({ forwardMs }) => forwardMs),
    backwardMs: total(({ backwardMs }) => backwardMs),
    matmulMs: total(({ matmulMs }) => matmulMs),
    flops: total(({ flops }) => flops),
  };
  return [...shares.slice(0, rows - 1), folded];
}

/** A table in which every column but the first holds numbers. */
function numbers(rows: readonly (readonly string[])[]): string {
  return table(rows, range(1, rows[0]!.length));
}

function rate(flops: number, timeMs: number): string {
  return timeMs > 0 ? (flops / timeMs / 1e6).toFixed(1) : '-';
}

function milliseconds(timeMs: number): string {
  return timeMs === 0 ? '-' : `${timeMs.toFixed(timeMs < 100 ? 1 : 0)} ms`;
}
