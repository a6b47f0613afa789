import { setTimeout as sleep } from 'node:timers/promises';
import { arithmeticOf } from '#engine/devices/arithmetic.js';
import { openDevice } from '#engine/run/open-device.js';
import { codeVersion } from '#protocol/code-version.js';
import { exitCodeOf } from '#protocol/exit-code.js';
import { TandemError } from '#protocol/tandem-error.js';
import { describeWorkerSettings, readConfig } from './config.js';
import { openLog } from './log.js';
import { announce, joinCoordinator } from './presence.js';
import { connectRedis } from '#protocol/pool/connect-redis.js';
import { openStashBudget } from '#encoder/stash-budget.js';
import { endWithLauncher } from '#threads/launcher-watch.js';
import { logStall, notedStallMs, watchStalls } from '#threads/stall-watch.js';
import { openTaskHandler } from './task-handler.js';
import { startWorker } from './worker.js';

async function main(): Promise<void> {
  if (process.argv.includes('--help'))
    return void process.stdout.write(
      `A worker of Tandem: takes shards from a coordinator.\n${describeWorkerSettings()}\n`,
    );
  endWithLauncher(process.env);
  const config = readConfig(process.argv.slice(2), process.env);
  const log = openLog(config.logLevel, config.id);
  const code = config.code ?? codeVersion();
  watchStalls(notedStallMs, (stall) => logStall(log, stall));
  const redis = await connectRedis({ url: config.redisUrl, evictionAllowed: config.redisEvictionAllowed });
  const device = await openDevice({
    kind: config.device,
    threads: config.threads,
    tracesInThread: true,
    onChoice: (choice) => log.info({ choice }, 'The device was chosen'),
    cache: config.cache && {
      ...config.cache,
      onEvent: (event) => log.warn({ event }, 'The cache of compiled programs'),
    },
  });
  const stashBudget = await openStashBudget(config.stashBytes, device.kind);
  const { memoryBytes } = stashBudget;
  const presence = await announce({
    ...{ config, code, device: device.name, memoryBytes, log },
    arithmetic: await arithmeticOf(device.kind),
  });
  await joinCoordinator({ redis, config, code, log }, sleep, (trouble) => presence.trouble(trouble));
  log.info({ budget: stashBudget.reason }, 'Memory for activations between encode and backprop');
  const handler = openTaskHandler({
    worker: config.id,
    code,
    device,
    storeAccess: config.storeAccess,
    stashBytesFor: stashBudget.bytesFor,
    runsHeld: config.runsHeld,
    now: () => performance.now(),
  });
  const worker = startWorker({
    config,
    connection: { url: config.redisUrl, maxRetriesPerRequest: null },
    presence,
    handler,
    log,
  });
  const stop = async (): Promise<void> => {
    await worker.stop();
    await device.close();
    redis.disconnect();
  };
  let stopping: Promise<void> | undefined;
  const stopOnce = (): void => void (stopping ??= stop().then(() => process.exit(0)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stopOnce);
  process.on('SIGHUP', stopOnce); // Its terminal or npx may go while it stops already.
  presence.trouble(null);
  log.info({ device: device.name, code }, 'The worker is ready');
}

await main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof TandemError ? error.toText() : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(exitCodeOf(error));
});
