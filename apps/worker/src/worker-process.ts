import { setTimeout as sleep } from 'node:timers/promises';
import { arithmeticOf } from '#engine/devices/arithmetic.js';
import { openDevice } from '#engine/run/open-device.js';
import { codeVersion } from '#protocol/code-version.js';
import { ExitCode, exitCodeOf } from '#protocol/exit-code.js';
import { openSecretFilter, withoutSecrets } from '#protocol/input/hidden-secrets.js';
import { TandemError } from '#protocol/tandem-error.js';
import { describeWorkerSettings, readConfig } from './config.js';
import { openLog } from './log.js';
import { announce, joinCoordinator, redisOptionsOf } from './presence.js';
import { connectRedis } from '#protocol/redis/connect-redis.js';
import { withinTime } from '#protocol/time-limit.js';
import { openMessageSigner } from '#protocol/pool/signed-messages.js';
import { isUnsigned, unsignedAdvice } from '#protocol/pool/unsigned.js';
import { openStashBudget } from '#encoder/stash-budget.js';
import { endWithLauncher } from '#threads/launcher-watch.js';
import { openBlobCache } from '#store/blob-cache.js';
import { logLibraryOutput } from '#threads/library-output.js';
import { logStall } from '#threads/stall-watch.js';
import { serveMetrics } from './metrics/metrics-server.js';
import { openWorkerMetrics } from './metrics/worker-metrics.js';
import { fetchPoolKey } from './pool-key.js';
import { openSpanExporter } from '#metrics/traces/span-exporter.js';
import { openTaskHandler } from './task-handler.js';
import { startWorker } from './worker.js';

/** For a person who starts it: why it ends, as text. All else on standard error is the log. */
const writeText = process.stderr.write.bind(process.stderr);

async function main(): Promise<void> {
  if (process.argv.includes('--help'))
    return void process.stdout.write(
      `A worker of Tandem: takes shards from a coordinator.\n${describeWorkerSettings()}\n`,
    );
  endWithLauncher(process.env);
  const given = readConfig(process.argv.slice(2), process.env);
  const log = openLog(given.logLevel, given.id, openSecretFilter(given.secrets));
  logLibraryOutput(log);
  const config = { ...given, poolKey: await fetchPoolKey(given, log) };
  const code = config.code ?? codeVersion();
  log.info({ code, redis: withoutSecrets(config.redisUrl) }, 'The worker starts');
  const signer = openMessageSigner({ poolKey: config.poolKey, prefix: config.queuePrefix });
  if (isUnsigned(config)) log.warn(unsignedAdvice);
  /** Why this worker takes no tasks, or null. */
  let trouble: string | null = 'Starts.';
  const metrics = openWorkerMetrics({ code, onStall: (stall) => logStall(log, stall) }, () => trouble);
  const served = config.metrics && (await serveMetrics({ ...config.metrics, metrics, trouble: () => trouble }));
  if (served) log.info({ ...config.metrics, port: served.port }, 'The worker serves its metrics');
  const redis = await connectRedis(redisOptionsOf(config));
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
  metrics.computesIn(memoryBytes);
  const presence = await announce({
    ...{ config, code, device: device.name, memoryBytes, log },
    arithmetic: await arithmeticOf(device.kind),
  });
  const tell = (now: string | null): void => presence.trouble((trouble = now));
  await joinCoordinator({ redis, config, code, log, signer }, sleep, tell);
  log.info({ budget: stashBudget.reason }, 'Memory for activations between encode and backprop');
  const spans =
    config.traces &&
    (await openSpanExporter({
      ...{ ...config.traces, program: 'worker', instance: config.id },
      onError: (error) => log.warn({ error }, 'Traces could not be sent'),
    }));
  const handler = openTaskHandler({
    spans,
    worker: config.id,
    code,
    device,
    storeAccess: config.storeAccess,
    dataCache:
      config.dataCache &&
      openBlobCache({ ...config.dataCache, onEvent: (event) => log.debug({ event }, 'The cache of training data') }),
    stashBytesFor: stashBudget.bytesFor,
    runsHeld: config.runsHeld,
    allowsPrivateAddresses: config.allowsPrivateAddresses,
    now: () => performance.now(),
    signer,
  });
  const worker = startWorker({
    config,
    redis,
    presence,
    handler,
    log,
    signer,
    onAnswer: (answer) => metrics.done(answer),
  });
  const stop = async (): Promise<void> => {
    trouble = 'Stops.';
    log.info('The worker stops');
    await worker.stop();
    served?.close();
    await device.close();
    await spans?.close();
    redis.disconnect();
  };
  let stopping: Promise<void> | undefined;
  const late = (): Error => new Error(`not done after ${config.graceMs} ms (TANDEM_GRACE_MS)`);
  const stopOnce = (): void =>
    void (stopping ??= withinTime(stop(), config.graceMs, late).then(
      () => process.exit(0),
      (error: unknown) => {
        log.warn({ error: String(error) }, 'The worker ends before it has stopped; its tasks go to others');
        process.exit(ExitCode.Failed);
      },
    ));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stopOnce);
  process.on('SIGHUP', stopOnce); // Its terminal or npx may go while it stops already.
  tell(null);
  log.info({ device: device.name, code }, 'The worker is ready');
}

await main().catch((error: unknown) => {
  writeText(
    withoutSecrets(
      `${error instanceof TandemError ? error.toText() : String(error instanceof Error ? error.stack : error)}\n`,
    ),
  );
  process.exit(exitCodeOf(error));
});
