// Goal: `npm run bench` measures a figure and reports it as text and as JSON. Method: its cheapest figure, as a process
// of its own. The test does not ask whether the bar is reached: that takes an otherwise idle machine.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('measures a figure: a line of JSON on stdout, the table on stderr, the verdict as exit code', async () => {
  const { code, stdout, stderr } = await bench('--json', 'input');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toHaveLength(1);
  const { name, value, unit, reference, ratio } = lines[0]!;
  expect({ name, unit, reference }).toEqual({ name: 'input', unit: 'pairs/s', reference: 300 });
  expect(value).toBeGreaterThan(0);
  expect(ratio).toBeCloseTo((value as number) / 300, 4);
  expect(stderr).toMatch(/^figure +value +reference +ratio +bar\ninput +\S+ pairs\/s +300 pairs\/s/);
  expect(code).toBe((ratio as number) >= 1 ? 0 : 1);
}, 120_000);

it('refuses a name that no figure has', async () => {
  const { code, stdout, stderr } = await bench('inputs');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('Expected names of figures, got "inputs"; there are: step/vit-b-32, ');
});

function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const entry = fileURLToPath(new URL('./main.js', import.meta.url));
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [entry, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode!, stdout, stderr }),
    );
  });
}
