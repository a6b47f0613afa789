// Goal: submit, status and cancel print the right text and JSON, and fail with what to do. Method: the commands, and a
// coordinator whose training the test controls.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import { startCommand, type RunningCommand } from '../support/command.js';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
const commands: RunningCommand[] = [];

beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
});
afterAll(() => coordinator?.close());

describe('a client of the coordinator', () => {
  it('submits a YAML document, shows the run, lists it and cancels it', async () => {
    const submitted = await json<RunStatus>('submit', await document());
    expect(runStatusSchema.parse(submitted).steps).toBe(3);
    const training = await coordinator.trainer.next();
    training.prepare();
    training.step(1, { loss: 1.25 });

    const shown = await tandem('status', submitted.id);
    expect(shown.stdout()).toMatch(/training[^]*step 1\/3 {2}loss 1\.250/);
    const [header, row, ...more] = (await tandem('runs', 'metrics', submitted.id)).stdout().trimEnd().split('\n');
    expect([header, row, more]).toEqual([
      expect.stringMatching(/^step,loss,accuracy,logitScale,/) as string,
      expect.stringMatching(/^1,1\.25,/) as string,
      [],
    ]);
    const line = (await tandem('runs', 'metrics', submitted.id, '--format', 'jsonl')).stdout();
    expect(JSON.parse(line)).toMatchObject({ step: 1, loss: 1.25 });
    const { runs } = await json<{ readonly runs: readonly RunStatus[] }>('status');
    expect(runs.map(({ id, step }) => [id, step])).toEqual([[submitted.id, 1]]);

    expect((await json<RunStatus>('cancel', submitted.id)).id).toBe(submitted.id);
    expect((await tandem('status')).stdout()).toMatch(new RegExp(`${submitted.id} +cancelled +1/3`));
  });

  it('submits only one run, however often it is called with one idempotency key', async () => {
    const [first, again] = [
      await json<RunStatus>('submit', await document(), '--idempotency-key', 'nightly'),
      await json<RunStatus>('submit', await document(), '--idempotency-key', 'nightly'),
    ];
    expect(again.id).toBe(first.id);
    await coordinator.trainer.next();
    await tandem('cancel', first.id);
  });

  it('follows a run until it ends, and exits with 1 if it fails', async () => {
    const following = await start(['submit', await document(), '--follow']);
    const training = await coordinator.trainer.next();
    training.prepare();
    training.step(1);
    await following.says(/step 1\/3/);
    training.fail(new Error('the loss went away'));
    expect(await following.exit).toBe(1);
    expect(following.output()).toMatch(/Run \S+ failed\..*the loss went away/);
  });

  it('of a run that failed before its first step says that a new one is needed, of others what goes on', async () => {
    for (const [steps, help] of [
      [0, /No step was committed: once that is mended, start a new run/],
      [1, /it goes on after its last step: .*runs resume/],
    ] as const) {
      const following = await start(['submit', await document(), '--follow']);
      const training = await coordinator.trainer.next();
      training.prepare();
      if (steps > 0) training.step(steps);
      training.fail(new Error('the data set went away'));
      expect(await following.exit).toBe(1);
      expect(following.output()).toMatch(help);
    }
  });

  it('refuses a wrong key, an unknown run and an invalid document, each with what to do', async () => {
    const wrongKey = await tandem('status', { TANDEM_API_KEY: 'another-key-of-the-tests' });
    expect([await wrongKey.exit, wrongKey.output()]).toEqual([
      2,
      expect.stringMatching(/API key[^]*--api-key KEY or TANDEM_API_KEY=KEY/),
    ]);
    const noRun = await tandem('status', 'nobody');
    expect([await noRun.exit, noRun.output()]).toEqual([2, expect.stringMatching(/got "nobody"/)]);
    const bad = await tandem('submit', await document({ batch: 2, shards: 4 }), '--json');
    expect(await bad.exit).toBe(2);
    expect(JSON.parse(bad.stdout())).toMatchObject({
      error: { code: 'CONFIG_INVALID', problems: [{ path: 'shards' }] },
    });
  });
});

async function document(change: Parameters<typeof runDocument>[0] = {}): Promise<string> {
  const path = join(coordinator.directory, 'run.yaml');
  await writeFile(path, stringify(runDocument(change)));
  return path;
}

async function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningCommand> {
  const command = await startCommand(args, { TANDEM_URL: coordinator.url, TANDEM_API_KEY: apiKey, ...environment });
  commands.push(command);
  return command;
}

/** Runs a command to its end. A last argument that is an object is its environment. */
async function tandem(...given: readonly (string | Readonly<Record<string, string>>)[]): Promise<RunningCommand> {
  const args = given.filter((one) => typeof one === 'string');
  const environment = given.find((one) => typeof one !== 'string');
  const command = await start(args, environment);
  await command.exit;
  return command;
}

async function json<T>(...args: readonly string[]): Promise<T> {
  const command = await tandem(...args, '--json');
  expect(await command.exit, command.output()).toBe(0);
  return JSON.parse(command.stdout()) as T;
}
