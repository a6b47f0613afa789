import { exitCodeOf } from '#protocol/exit-code.js';
import { openSecretFilter, withoutSecrets } from '#protocol/input/hidden-secrets.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { withinTime } from '#protocol/time-limit.js';
import { endWithLauncher } from '#threads/launcher-watch.js';
import { logLibraryOutput } from '#threads/library-output.js';
import { openLog } from './json-log.js';
import { describeCoordinatorSettings, readConfig, type CoordinatorConfig } from './config.js';
import { startCoordinator } from './start-coordinator.js';
import { openTrainer } from './training/open-trainer.js';

/** For a person who starts it: why it ends, as text. All else on standard error is the log. */
const writeText = process.stderr.write.bind(process.stderr);

async function main(flags: readonly string[]): Promise<void> {
  if (flags.includes('--help'))
    return void process.stdout.write(
      `The coordinator of Tandem: HTTP API and training loop.\n${describeCoordinatorSettings()}\n`,
    );
  endWithLauncher(process.env);
  const config = readConfig(flags, process.env);
  logLibraryOutput(openLog(config.logLevel, openSecretFilter(config.secrets)));
  const coordinator = await startCoordinator(config, openTrainer);
  // Set up before the greeting is printed, because whoever reads it may stop the coordinator at once.
  void coordinator.lost.then(fail);
  const stop = (): void =>
    void withinTime(coordinator.close(), config.graceMs, () => lateStop(config)).then(() => process.exit(0), fail);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  process.on('SIGHUP', stop); // Its terminal or npx may go while it stops already.
  process.stdout.write(
    `The coordinator listens on ${coordinator.url}, where a browser finds its page; its API is described at ` +
      `${coordinator.url}/docs\n${closedNotice(config)}`,
  );
  if (coordinator.madeKey) {
    process.stdout.write(
      `Its API key, shown only this once: ${coordinator.madeKey}\n  Give it to commands as ` +
        `TANDEM_API_KEY or --api-key.\n`,
    );
  }
}

/** Says which places run documents may not name, and which settings open them. */
function closedNotice({ dataRoots, storeRoots }: CoordinatorConfig): string {
  const closed = [
    ...(dataRoots.length === 0
      ? ['read data sets and weights only from its store (TANDEM_DATA_ROOTS opens other places)']
      : []),
    ...(storeRoots.length === 0 ? ['have no store of their own (TANDEM_STORE_ROOTS opens places for them)'] : []),
  ];
  return closed.length === 0 ? '' : `Run documents may ${closed.join(', and ')}.\n`;
}

function lateStop({ graceMs }: CoordinatorConfig): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `The coordinator: expected to stop within ${graceMs} ms (TANDEM_GRACE_MS), got no end of it`,
    help: 'Redis or the store does not answer. Runs go on from their last committed step at the next start.',
  });
}

function fail(error: unknown): never {
  writeText(
    withoutSecrets(
      `${error instanceof TandemError ? error.toText() : String(error instanceof Error ? error.stack : error)}\n`,
    ),
  );
  process.exit(exitCodeOf(error));
}

await main(process.argv.slice(2)).catch(fail);
