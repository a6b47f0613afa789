// Goal: `tandem evaluate scaling` trains on nested shares of the data, once, and draws what comes of it. Method: the
// command, with worker processes, on coloured shapes; what it writes is read back, and it is called again.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScalingResult } from '#evaluate/reports/scaling-report.js';
import { tandem } from '../../apps/cli/src/tandem.js';
import { openTerminal } from '../../apps/cli/src/terminal/terminal.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyDocument } from '../support/models/tiny-run.js';

let folder: string;
let [document, out] = ['', ''];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-scaling-'));
  [document, out] = [join(folder, 'run.json'), join(folder, 'out')];
  await writeTinyData(join(folder, 'shapes'), 2); // 20 groups of 2.
  await writeDocument(4);
});
afterAll(() => rm(folder, { recursive: true }));

const writeDocument = (steps: number): Promise<void> => {
  const evaluation = { zeroShot: [{ name: 'shapes', data: 'shapes' }], retrieval: [{ name: 'found', data: 'shapes' }] };
  return writeFile(document, JSON.stringify(tinyDocument('shapes', { batch: 4, steps, evaluation })));
};

async function scaling(...args: string[]): Promise<ScalingResult & { readonly error?: { readonly message: string } }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const environment = { PATH: process.env['PATH'], TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off' };
  const streams = { stdout, stderr } as unknown as { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream };
  const terminal = openTerminal({ json: true, ...streams, environment });
  const program = await tandem({ terminal, environment, command: (...words) => words.join(' ') }, 'evaluate');
  const words = ['evaluate', 'scaling', '--config', document, '--out', out, '--workers', '1', '--json', ...args];
  await program.parseAsync(['node', 'tandem', ...words]).catch((error: unknown) => terminal.fail(error));
  return JSON.parse(String(stdout.read())) as Awaited<ReturnType<typeof scaling>>;
}

it('trains each share once: nested, of whole groups, with page, tables and pictures', async () => {
  const first = await scaling('--shares', '1/4,1/2');
  expect(first.points.map(({ share, pairs }) => [share, pairs])).toEqual([
    [0.25, 10],
    [0.5, 20],
  ]);

  const all = await scaling('--shares', '1/4,1/2,1');
  expect(all).toMatchObject({ evaluation: 'shapes', unit: 'top-1', same: 'steps', batch: 4 });
  expect(all.points.slice(0, 2)).toEqual(first.points); // The same runs.
  expect(all.points[2]).toMatchObject({ share: 1, pairs: 40, steps: 4, epochs: 0.4 });
  expect(new Set(all.points.map(({ run }) => run)).size).toBe(3);
  expect(await readdir(out)).toEqual(
    expect.arrayContaining(['report.html', 'result.json', 'scaling.csv', 'scaling.png', 'scaling.svg']),
  );
  expect((await readFile(join(out, 'scaling.csv'), 'utf8')).trim().split('\n')).toHaveLength(4);

  const again = await scaling('--shares', '1/4,1/2,1', '--evaluation', 'found');
  expect(again).toMatchObject({ evaluation: 'found', unit: 'mean R@1' });
  expect(again.points.map(({ run }) => run)).toEqual(all.points.map(({ run }) => run));
}, 90_000);

it('with --same epochs, steps are in proportion to the share', async () => {
  const { points } = await scaling('--shares', '1/2,1', '--same', 'epochs', '--out', join(folder, 'epochs'));
  expect(points.map(({ steps, epochs }) => [steps, epochs])).toEqual([
    [2, 0.4],
    [4, 0.4],
  ]);
}, 60_000);

it('refuses another document in the same folder, an evaluation that is not there, and none', async () => {
  expect((await scaling('--evaluation', 'absent')).error?.message).toMatch(/"absent" in .*got shapes, found/);
  await writeDocument(5);
  expect((await scaling('--shares', '1/4')).error?.message).toMatch(
    /expected the document of run .*steps is 5 and was 4/,
  );
});
