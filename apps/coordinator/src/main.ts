import { TandemError } from '#protocol/tandem-error.js';
import { describeCoordinatorSettings, readConfig } from './config.js';
import { startCoordinator } from './start-coordinator.js';
import { openTrainer } from './training/open-trainer.js';

async function main(flags: readonly string[]): Promise<void> {
  if (flags.includes('--help')) return void process.stdout.write(`The coordinator of Tandem: HTTP API and training loop.\n${describeCoordinatorSettings()}\n`);
  const coordinator = await startCoordinator(readConfig(flags, process.env), openTrainer);
  // Before the greeting: who reads it may stop the coordinator at once.
  const stop = (): void => void coordinator.close().then(() => process.exit(0), fail);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  process.stdout.write(`The coordinator listens on ${coordinator.url}, its API is described at ${coordinator.url}/docs\n`);
  if (coordinator.madeKey) {
    process.stdout.write(`Its API key, shown only this once: ${coordinator.madeKey}\n  Give it to commands as TANDEM_API_KEY or --api-key.\n`);
  }
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof TandemError ? error.toText() : String(error instanceof Error ? error.stack : error)}\n`);
  process.exit(1);
}

await main(process.argv.slice(2)).catch(fail);
