// Goal: `tandem train` trains, stops and cleans up. Method: the command as a user starts it, with Redis, coordinator
// and workers as processes. It uses a temporary directory of this test, which shows what is left behind.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { openDataset } from '#data/dataset/dataset.js';
import { latestCheckpoint, readCheckpoint, type Checkpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { isZeroShot, scoreOfResult } from '#protocol/run/evaluation-result.js';
import { runStatusSchema } from '#protocol/run/run-status.js';
import { startCommand, type RunningCommand } from '../support/command.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyResNet, tinyRun } from '../support/models/tiny-run.js';

let folder: string;
const commands: RunningCommand[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-train-'));
  await writeTinyData(join(folder, 'shapes'));
});
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('tandem train', () => {
  it('trains a run document on this machine and leaves a checkpoint that predicts', async () => {
    const command = await train({ steps: 3 }, '--json');
    expect(await command.exit, command.output()).toBe(0);
    const status = runStatusSchema.parse(JSON.parse(command.stdout()));
    expect(status).toMatchObject({ state: 'completed', step: 3, last: { workers: 2 } });
    await expectNothingLeft(command);

    const image = join(folder, 'image.png');
    await writeFile(image, await pairImage());
    const predict = await started([
      'predict',
      '--checkpoint',
      status.checkpoint ?? '',
      '--image',
      image,
      '--labels',
      'a red disc,a blue cross',
      '--json',
    ]);
    expect(await predict.exit, predict.output()).toBe(0);
    const { predictions } = JSON.parse(predict.stdout()) as {
      readonly predictions: readonly { readonly label: string; readonly probability: number }[];
    };
    expect(predictions.map(({ label }) => label).sort()).toEqual(['a blue cross', 'a red disc']);
    expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
  });

  it('prints the address of its page, which logs in, and leaves it up with --keep until Ctrl-C', async () => {
    const command = await train({ steps: 2 }, '--keep', '--json');
    const [, address = ''] = await command.says(/stays up until Ctrl-C: (\S+)/);
    expect(command.output()).toContain(`Watch it: ${address}`);
    await expect.poll(() => command.stdout()).toMatch(/\}\s*$/); // It is a pipe of its own.
    expect(runStatusSchema.parse(JSON.parse(command.stdout()))).toMatchObject({ state: 'completed' });
    const { origin, hash } = new URL(address);
    const page = await fetch(origin, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<title>Tandem</title>');
    const body = JSON.stringify({ key: hash.slice('#/login/'.length) });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${origin}/session`, { method: 'POST', headers, body })).status).toBe(204);
    command.kill('SIGINT');
    expect(await command.exit, command.output()).toBe(0);
    await expectNothingLeft(command);
  });

  it('trains a ResNet that recognises shapes and colours, evaluated with its running statistics', async () => {
    const [shapes, templates] = [join(folder, 'shapes'), ['a {}']];
    const command = await train(
      {
        model: tinyResNet,
        data: { train: shapes, sampling: 'groups' },
        shards: 2,
        batch: 20,
        steps: 150,
        optimizer: { learningRate: 3e-3 },
        evaluation: { everySteps: 75, zeroShot: [{ name: 'shapes', data: shapes, templates }] },
        checkpoint: { keep: 1, keepBest: 'shapes' },
      },
      '--json',
    );
    expect(await command.exit, command.output()).toBe(0);
    expect(command.output()).toMatch(/a model of its own, 20 pairs a step, 150 steps/);
    expect(command.output()).toMatch(/shapes {2}top-1 [\d.]+ %.*step 75\)/);
    const { last, evaluations, best } = runStatusSchema.parse(JSON.parse(command.stdout()));
    const [first, final] = evaluations.filter(isZeroShot);
    expect(best!.result).toEqual(final!.top1 > first!.top1 ? final : first);
    expect(best!.checkpoint).toMatch(new RegExp(`/0*${best!.result.step}\\.`));
    expect(last!.loss).toBeLessThan(1.6); // Batches of twenty pairs: chance is ln 20 = 3.0.
    expect(scoreOfResult(best!.result).value).toBeGreaterThan(0.25); // Twenty classes: chance is 0.05.
  }, 180_000);

  it('Ctrl-C writes a checkpoint and says how to go on; a run that is cut has the same end', async () => {
    const steps = 150;
    const schedule = { kind: 'constant', warmupSteps: 2 };
    const whole = await train({ steps, schedule }, '--out', join(folder, 'whole'));
    expect(await whole.exit, whole.output()).toBe(0);

    const out = join(folder, 'cut');
    const changes = { steps, schedule, limits: { attempts: 5 } };
    const first = await train({ ...changes, steps: 5000 }, '--out', out);
    await first.says(/step [1-9]\d*\/5000/);
    first.kill('SIGINT');
    expect(await first.exit, first.output()).toBe(130);
    expect(first.output()).toMatch(/Stopping after the step in progress, with a checkpoint/);
    expect(first.output()).toMatch(/paused[^]*Go on with it: npx tandem train --config .* --resume/);
    const kept = await newestCheckpoint(out);
    expect(kept.step).toBeGreaterThan(0);
    expect(kept.step).toBeLessThan(steps);
    await expectNothingLeft(first, out);

    const refused = await train({ ...changes, optimizer: { learningRate: 0.5 } }, '--out', out, '--resume');
    expect(await refused.exit, refused.output()).toBe(2);
    expect(refused.output()).toMatch(/optimizer.learningRate: expected 0.001, as the run began with, got 0.5/);

    const second = await train(changes, '--out', out, '--resume');
    await second.says(new RegExp(`step [1-9]\\d*/${steps}`));
    process.kill((await pids(out)).coordinator, 'SIGKILL');
    if ((await second.exit) === 1)
      expect(second.output()).toMatch(/coordinator ended unexpectedly \(SIGKILL\)[^]*│ [^]*--resume/);

    const third = await train(changes, '--out', out, '--resume');
    expect(await third.exit, third.output()).toBe(0);
    const [expected, resumed] = [await newestCheckpoint(join(folder, 'whole')), await newestCheckpoint(out)];
    expect(resumed.step).toBe(steps);
    for (const name of ['parameters.safetensors', 'optimizer.safetensors'])
      expect(resumed.blobs[name], name).toEqual(expected.blobs[name]);
    expect(lossesOf(resumed)).toEqual(lossesOf(expected));
    expect(await keysOf(out, '/journal/')).toEqual([]);
  }, 180_000);

  it('starts a worker again that dies, and ends with npx when npx started it', async () => {
    const out = join(folder, 'kept');
    const command = await train({ steps: 100_000 }, '--out', out);
    await command.says(/step [1-9]\d*\/100000/);
    const { workers } = await pids(out);
    process.kill(workers[0]!, 'SIGKILL');
    await command.says(/worker 1 ended \(SIGKILL\); it is started again in 1 s; its log is .*worker-1\.log/);
    const log = join(/its log is (.*)worker-1\.log/.exec(command.output())![1]!, 'worker-1.log');
    await vi.waitFor(async () => expect((await readFile(log, 'utf8')).match(/The worker is ready/g)).toHaveLength(2), {
      timeout: 30_000,
      interval: 100,
    });
    command.kill('SIGHUP');
    command.kill('SIGHUP');
    expect(await command.exit, command.output()).toBe(130);
    expect(command.output()).toMatch(/paused[^]*Go on with it/);
    await expectNothingLeft(command, out);
  });

  it('Ctrl-C twice stops at once, and leaves nothing behind either', async () => {
    const command = await train({ steps: 100_000 });
    await command.says(/step [1-9]\d*\/100000/);
    command.kill('SIGINT');
    command.kill('SIGTERM');
    expect(await command.exit, command.output()).toBe(130);
    await expectNothingLeft(command);
  });

  it('refuses a document with problems before it starts anything', async () => {
    const command = await train({ batch: 4, shards: 8 });
    expect(await command.exit).toBe(2);
    expect(command.output()).toMatch(/shards: expected at most batch = 4 shards, got 8/);
  });
});

async function train(changes: Readonly<Record<string, unknown>>, ...flags: readonly string[]): Promise<RunningCommand> {
  const { modelName: _derived, ...document } = tinyRun(join(folder, 'shapes'));
  const config = join(folder, 'run.yaml');
  await writeFile(config, stringify({ ...document, ...changes }));
  const out = flags.includes('--out') ? [] : ['--out', join(folder, 'out')];
  return started(['train', '--config', config, ...out, ...flags]);
}

async function newestCheckpoint(out: string): Promise<Checkpoint> {
  const store = openStore(join(out, 'store'));
  const [run] = (await keysOf(out, '/status.json')).map((key) => key.split('/')[1]!);
  const { folder } = (await latestCheckpoint(store, runKeys(run!).checkpoints))!;
  return readCheckpoint(store, folder);
}

function lossesOf({ blobs }: Checkpoint): number[] {
  const lines = new TextDecoder().decode(blobs['metrics.jsonl']).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
}

async function keysOf(out: string, part: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of openStore(join(out, 'store')).list('runs/')) if (key.includes(part)) keys.push(key);
  return keys;
}

async function started(args: readonly string[]): Promise<RunningCommand> {
  const command = await startCommand(args);
  commands.push(command);
  return command;
}

async function pairImage(): Promise<Uint8Array> {
  const dataset = await openDataset(openStore(join(folder, 'shapes')));
  return (await dataset.sample(0)).image;
}

async function expectNothingLeft(command: RunningCommand, out = join(folder, 'out')): Promise<void> {
  const { coordinator, workers } = await pids(out);
  await vi.waitFor(
    async () => expect([await command.leftBehind(), [coordinator, ...workers].filter(isRunning)]).toEqual([[], []]),
    { timeout: 20_000, interval: 50 },
  );
}

/** The process ids in the logs of the last command. */
async function pids(
  out = join(folder, 'out'),
): Promise<{ readonly coordinator: number; readonly workers: readonly number[] }> {
  const newest = (await readdir(join(out, 'logs'))).sort().at(-1)!;
  const log = (name: string): Promise<string> => readFile(join(out, 'logs', newest, `${name}.log`), 'utf8');
  const coordinator = Number(/"pid":(\d+)/.exec(await log('coordinator'))?.[1]);
  const workers = await Promise.all(
    ['worker-1', 'worker-2'].map(async (name) => Number(/"worker":"[^"]*-(\d+)"/.exec(await log(name))?.[1])),
  );
  expect([coordinator, ...workers].every((pid) => pid > 1)).toBe(true);
  return { coordinator, workers };
}

/** Does the process run? A zombie, which has ended and waits to be reaped, does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/status`) || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
