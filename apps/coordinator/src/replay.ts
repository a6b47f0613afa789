import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { deviceChoices } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { readSettings, s3Access, s3Settings } from '#protocol/settings.js';
import { exitCodeOf } from '#protocol/exit-code.js';
import { TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { replayStep, type ReplayedStep } from './training/replay-step.js';

/* The program behind `tandem runs replay`: takes a past step again and compares. Its exit code is 1 if they differ. */

const settingsSchema = z.object({
  TANDEM_STORE: z.string().min(1).default('file:./.tandem/store').describe("The run's store."),
  TANDEM_RUN: z.string().min(1).describe('Id of the run.'),
  TANDEM_STEP: z.coerce.number().int().min(0).describe('The step, counted from 0.'),
  TANDEM_JSON: z.stringbool().default(false).describe('Whether to print one JSON document.'),
  TANDEM_DEVICE: z.enum(deviceChoices).default('cpu').describe('What to compute on; that of the workers.'),
  ...s3Settings,
});

async function main(): Promise<void> {
  const schema = settingsSchema;
  const settings = readSettings({ program: 'replay', schema, flags: process.argv.slice(2), environment: process.env });
  const storeAccess = s3Access(settings);
  const store = openStore(settings.TANDEM_STORE, storeAccess);
  const threads = availableParallelism();
  const device = await openDevice({ kind: settings.TANDEM_DEVICE, threads });
  try {
    const { TANDEM_RUN: run, TANDEM_STEP: step } = settings;
    const replayed = await replayStep({ store, storeAccess, run, step, device, threads });
    process.stdout.write(`${settings.TANDEM_JSON ? JSON.stringify(replayed, null, 2) : replayText(replayed)}\n`);
    if (!replayed.identical) process.exitCode = 1;
  } finally {
    await device.close();
    await store.close();
  }
}

function replayText({ step, loss, gradientSha256, identical }: ReplayedStep): string {
  return [
    `step ${step}   then, now`,
    `loss      ${loss.then}, ${loss.now}`,
    `gradient  ${gradientSha256.then}, ${gradientSha256.now}`,
    identical ? 'identical' : 'NOT identical: a worker, a device, the data or the code has changed',
  ].join('\n');
}

await main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof TandemError ? error.toText() : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = exitCodeOf(error);
});
