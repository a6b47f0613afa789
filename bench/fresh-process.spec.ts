import { expect, it } from 'vitest';
import { inFreshProcess, onlyValue } from './fresh-process.js';

it('yields what the module yields, called with the input, in another process', async () => {
  const values: unknown[] = [];
  for await (const value of inFreshProcess(
    moduleOf('export async function* measure(input) { yield process.pid; yield { ...input, more: true }; }'),
    { a: 1 },
  ))
    values.push(value);
  expect(values[0]).not.toBe(process.pid);
  expect(values[1]).toEqual({ a: 1, more: true });
});

it('throws what the module throws, and where the process ends early', async () => {
  await expect(
    onlyValue(inFreshProcess(moduleOf('export async function* measure() { throw new Error("no such device"); }'))),
  ).rejects.toThrow('no such device');
  await expect(
    onlyValue(inFreshProcess(moduleOf('export async function* measure() { yield 1; process.exit(3); }'))),
  ).rejects.toThrow('its process ended with exit code 3');
  await expect(
    onlyValue(
      inFreshProcess(moduleOf('export async function* measure() { process.kill(process.pid, "SIGKILL"); yield 1; }')),
    ),
  ).rejects.toThrow('its process ended with SIGKILL');
});

function moduleOf(source: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
