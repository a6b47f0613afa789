// Goal: help comes at once, and a mistyped command says what there is. Method: V8's coverage, which lists every script
// that a process has loaded: times would depend on the machine.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCommand } from '../support/command.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tandem-help-'))));
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: unknown; output: string; scripts: string[] }> {
  const coverage = await mkdtemp(join(folder, 'scripts-'));
  const command = await startCommand(args, { NODE_V8_COVERAGE: coverage });
  const [code, output] = [await command.exit, command.output()];
  await command.close();
  const [report] = await readdir(coverage);
  const { result } = JSON.parse(await readFile(join(coverage, report!), 'utf8')) as { result: { url: string }[] };
  return { code, output, scripts: result.map(({ url }) => url).filter((url) => url.startsWith('file:')) };
}

it('--help loads commander and little else', async () => {
  const { code, output, scripts } = await run('--help');
  expect([code, output]).toEqual([0, expect.stringMatching(/train .*convert .*2 +you can mend it/s)]);
  expect(scripts.length).toBeGreaterThan(5);
  expect(scripts.filter((url) => url.includes('/node_modules/') && !url.includes('/commander/'))).toEqual([]);
  expect(scripts.filter((url) => url.includes('/commands/'))).toEqual([]);
});

it('a mistyped command says which is meant, or which there are, and ends with 2', async () => {
  const cases = [
    [['trian'], /Unknown command 'trian'; did you mean train\?/],
    [['something'], /Unknown command 'something'\n {2}The commands are demo, train, .*devices/],
    [['runs', folder], /Unknown command 'runs .*To list the runs of a folder: .*runs --out .*tandem-help/s],
    [['runs', 'resum', 'x'], /Unknown command 'runs resum'; expected one of list, show, metrics, pause, resume, retry/],
  ] as const;
  for (const [args, message] of cases) {
    const { code, output } = await run(...args);
    expect([code, output]).toEqual([2, expect.stringMatching(message)]);
  }
});
