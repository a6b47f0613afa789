import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { makeFolders } from '#protocol/make-folders.js';
import type { EvaluationReport } from './evaluation-report.js';
import { evaluationPage } from './page/evaluation-page.js';
import { lightPalette } from './palette.js';
import { chartSvg, svgPng } from './picture/chart-picture.js';

/**
 * Writes an evaluation into a directory, which is created if missing: `result.json`, a CSV for each table, an SVG and a
 * PNG for each chart, and `report.html`. Files of the same names are replaced. Returns the paths, the page first.
 */
export async function writeEvaluation(directory: string, report: EvaluationReport, result: unknown): Promise<string[]> {
  await makeFolders(directory);
  const written: string[] = [];
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const path = join(directory, name);
    await writeFile(path, content);
    written.push(path);
  };
  await write('report.html', await evaluationPage(report));
  await write('result.json', `${JSON.stringify(result, null, 2)}\n`);
  for (const { name, columns, rows } of report.tables) await write(`${name}.csv`, csvOf(columns, rows));
  for (const { name, frame, draw } of report.charts) {
    const svg = chartSvg(await draw(lightPalette), frame.width, frame.height);
    await write(`${name}.svg`, svg);
    await write(`${name}.png`, svgPng(svg));
  }
  return written;
}

function csvOf(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return stringify([[...columns], ...rows.map((row) => [...row])]);
}
