import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { isTraining } from '#protocol/document/run-document.js';
import { codeVersion } from '#protocol/code-version.js';
import { openSecretFilter, withoutSecrets } from '#protocol/input/hidden-secrets.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { logStall } from '#threads/stall-watch.js';
import { readFreeMemory } from '#engine/devices/free-memory.js';
import { freeSpace } from '#store/free-space.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import type { CoordinatorConfig } from './config.js';
import { CoordinatorModule } from './coordinator.module.js';
import { openAccess } from './http/access.js';
import { followCertificate, readCertificate } from './http/certificate.js';
import { compressed } from './http/transport/compressed.js';
import { allowOrigins } from './http/transport/cross-origin.js';
import { LimitedExpress } from './http/transport/http-server.js';
import { openRecentAnswers, type RecentAnswers } from './http/transport/recent-answers.js';
import { openAdmission } from './http/admission.js';
import { expiredRunEntry } from './audit/expired-run-entry.js';
import { auditedRequests } from './audit/audited-requests.js';
import { openAuditLog } from './audit/audit-log.js';
import { openKeyRefusals } from './http/limits/key-refusals.js';
import { openRequestRates } from './http/limits/request-rates.js';
import { openRequestTurns } from './http/limits/request-turns.js';
import { openApiKey } from './keys/api-key.js';
import { openKeyRecords } from './keys/key-records.js';
import { openKeyRing } from './keys/key-ring.js';
import { openSessions } from './keys/sessions.js';
import { isLoopback } from '#protocol/loopback.js';
import { servePage } from './http/page-files.js';
import { openReadiness } from './http/readiness.js';
import { serveOpenApi } from './http/open-api.js';
import { nestLogger, openLog } from './json-log.js';
import { openLeadership, refusedStandby, type Leadership } from './leadership/leadership.js';
import { withinTime } from '#protocol/time-limit.js';
import { serveStandby, type StandbyServer } from './leadership/standby-server.js';
import { openMetrics } from './metrics/metrics.js';
import { openJobCounter } from './metrics/queued-jobs.js';
import type { Parts } from './parts.js';
import { openRedis } from './redis-connection.js';
import { checkDisk } from './runs/checks/run-disk.js';
import { checkMemory, haveRoom } from './runs/checks/run-memory.js';
import { checkPlaces, type RunPlaces } from './runs/checks/run-places.js';
import { openModels } from './runs/checkpoints/models.js';
import { runLog } from './runs/run-log.js';
import { openRunRegistry, registryLimits } from './runs/run-registry.js';
import { isUnderWay } from './runs/run-transition.js';
import { openSearches } from './runs/search/searches.js';
import type { OpenTrainer } from './runs/trainer.js';

export interface Coordinator {
  readonly url: string;
  /** The API key, if it was made at this start. */
  readonly madeKey: string | undefined;
  /** Resolves with the reason if another coordinator has taken over. This one then writes nothing more: end it. */
  readonly lost: Promise<TandemError>;
  /**
   * Ends open requests, stops the runs that train after their step in progress with a checkpoint, and closes Redis and
   * the store.
   */
  close(): Promise<void>;
}

/**
 * Starts a coordinator, once it leads its store and its queues: while another one does, it answers only that it lives
 * and is not ready. Rejects with TRANSPORT_FAILED if Redis does not answer, with STORE_FAILED if the store cannot
 * be written, and with CONFIG_INVALID if the port is taken or the data directory cannot be used. It then leaves nothing
 * open.
 */
export async function startCoordinator(config: CoordinatorConfig, openTrainer: OpenTrainer): Promise<Coordinator> {
  const closers: (() => Promise<void> | void)[] = [];
  const closing = closeOnce(closers);
  try {
    const certificate = config.tls && (await readCertificate(config.tls));
    const recent = openRecentAnswers({ keepMs: 50, nowMs: () => performance.now() });
    const { parts, leadership, standby } = await openParts(config, openTrainer, recent, closers);
    const onError = (error: TandemError): void => parts.log.error(error.toWire(), error.message);
    // After all that may fail: a new key is shown only once, at this start.
    const first = await openApiKey(config.dataDir, config.apiKey);
    const keys = await openKeyRing({
      first,
      records: openKeyRecords(parts.store),
      checkOwner: () => leadership.check(),
      now: () => new Date(),
      onError,
    });
    closers.push(() => keys.close());
    const sessions = openSessions((id) => keys.has(id), Date.now);
    const refusals = openKeyRefusals(parts.log, Date.now);
    const injected = { ...parts, keys, sessions, refusals, poolKey: config.poolKey ?? null };
    const app = await NestFactory.create<NestExpressApplication>(
      CoordinatorModule.of(injected),
      new LimitedExpress(certificate),
      { logger: nestLogger(parts.log), bodyParser: false, abortOnError: false },
    );
    closers.push(() => app.close());
    app.use(recent.note);
    app.use(parts.metrics.requests);
    app.use(compressed());
    allowOrigins(app, config.corsOrigins);
    const rates = openRequestRates(config.rates, Date.now);
    servePage(app, rates);
    // Nothing but their count sees a request that is not admitted.
    const admission = openAdmission(openAccess(keys, sessions, isLoopback(config.host)), {
      refusals,
      rates,
      turns: openRequestTurns({
        share: config.apiShare,
        isTraining: () => parts.registry.all().some(isUnderWay),
        nowMs: () => performance.now(),
      }),
    });
    closers.push(() => admission.close());
    app.use(admission.handler);
    app.use(recent.repeat);
    app.use(auditedRequests(parts.audit, parts.log, Date.now));
    app.useBodyParser('json', { limit: config.bodyBytesMax });
    app.disable('x-powered-by');
    serveOpenApi(app);
    await app.init();
    await standby.close();
    await listen(() => app.listen(standby.port, config.host), config);
    const { port } = app.getHttpServer().address() as AddressInfo;
    if (config.tls && certificate)
      closers.push(followCertificate(config.tls, certificate, app.getHttpServer(), parts.log));
    const url = `${certificate ? 'https' : 'http'}://${urlHost(config.host)}:${port}`;
    parts.log.info({ url, store: parts.store.url }, 'the coordinator listens');
    return { url, madeKey: first.made, lost: leadership.lost, close: closing };
  } catch (error) {
    await closing().catch(() => undefined); // The error that is reported is why it could not start.
    throw error;
  }
}

/** What is open before a key may be made. */
type OpenParts = Omit<Parts, 'keys' | 'sessions' | 'refusals' | 'poolKey'>;

const readinessLimits = { limitMs: 3000, keepMs: 2000, nowMs: () => performance.now() };

async function openParts(
  config: CoordinatorConfig,
  openTrainer: OpenTrainer,
  recent: RecentAnswers,
  closers: (() => Promise<void> | void)[],
): Promise<{ readonly parts: OpenParts; readonly leadership: Leadership; readonly standby: StandbyServer }> {
  const hide = openSecretFilter(config.secrets);
  const log = openLog(config.logLevel, hide);
  closers.push(() => log.info('the coordinator has stopped'));
  log.info({ store: config.store, redis: withoutSecrets(config.redisUrl) }, 'the coordinator starts');
  const open = (url: string): Store => openStore(url, config.storeAccess);
  const { redisUrl, redisCa: ca, queuePrefix: prefix, redisEvictionAllowed: evictionAllowed } = config;
  const redis = await openRedis({ url: redisUrl, ca, prefix, evictionAllowed });
  closers.push(() => redis.close());
  const store = open(config.store);
  closers.push(() => store.close());
  await store.probe();
  const ready = await openTrainer(config, log);
  closers.push(() => ready.close());
  const { leadership, standby } = await lead(config, { store, redis, log }, closers);
  closers.push(() => giveBack(leadership, log));
  const trainer = await ready.start();
  closers.push(async () => void (await Promise.all([trainer.close(), redis.giveUp()])));
  const readiness = openReadiness({ redis: () => redis.ping(), store: () => store.probe() }, readinessLimits);
  const jobs = openJobCounter(redis, config.queuePrefix);
  closers.push(() => jobs.close());
  const metrics = openMetrics(
    {
      workers: () => trainer.workers(),
      membership: () => trainer.membership(),
      outstandingTasks: () => trainer.outstandingTasks(),
      unreadableMessages: () => trainer.unreadableMessages(),
      runs: () => registry.all(),
      queuedJobs: () => jobs.count(),
      parts: () => readiness.check(),
      freeBytes: () => freeSpace(config.store, config.storeAccess),
    },
    { code: codeVersion(), onStall: (stall) => logStall(log, stall) },
  );
  closers.push(() => metrics.close());
  const models = openModels(config.storeAccess, config.threads);
  closers.push(() => models.close());
  const onError = (error: TandemError): void => log.error(error.toWire(), error.message);
  const audit = await openAuditLog({ dataDir: config.dataDir, onError });
  closers.push(() => audit.close());
  const searches = openSearches(config.storeAccess, config.threads);
  closers.push(() => searches.close());
  const { dataRoots, storeRoots, storeAccess } = config;
  const checkRoots = (places: RunPlaces): Promise<void> =>
    checkPlaces(places, { store: store.url, dataRoots, storeRoots }, storeAccess);
  const logRun = runLog(log);
  const registry = await openRunRegistry({
    trainer,
    store,
    openStore: open,
    checkPlaces: checkRoots,
    epoch: leadership.epoch,
    checkOwner: () => leadership.check(),
    resume: config.resume,
    // What a download needs nobody knows before it has ended.
    checkDisk: async (run, url) => {
      if (isTraining(run)) checkDisk(run, url, await freeSpace(url, config.storeAccess));
    },
    checkMemory: (run) => {
      if (isTraining(run)) checkMemory(run.model, readFreeMemory().totalBytes);
    },
    haveRoom: (runs) => haveRoom(runs.filter(isTraining), readFreeMemory().totalBytes),
    runsAtOnce: config.runsAtOnce,
    now: () => new Date(),
    newId: (name) => newRunId(name, new Date(), unguessable()),
    limits: registryLimits,
    retention: config.retention,
    onChange(status, change) {
      recent.forget();
      logRun(status, change);
      metrics.onChange(status, change);
    },
    onExpired(run) {
      audit.add(expiredRunEntry(run, new Date()));
      log.info({ run: run.id, reason: run.why }, 'The run was removed');
    },
    onError,
  });
  closers.push(() => registry.close(runsGraceMs(config.graceMs)));
  const used = { models, searches, checkPlaces: checkRoots, audit };
  return { parts: { registry, trainer, redis, store, readiness, metrics, ...used, log, hide }, leadership, standby };
}

/**
 * Closes everything that was opened, the newest first, and only once however often it is called. If one part fails to
 * close, the others are closed all the same, and the first error is thrown.
 */
function closeOnce(closers: readonly (() => Promise<void> | void)[]): () => Promise<void> {
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    const failures: unknown[] = [];
    for (const closer of [...closers].reverse()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
  return () => (closing ??= close());
}

/** How long a lease is tried to be given back: it expires soon by itself, so nothing that is away holds up a stop. */
const giveBackMs = 2000;

async function giveBack(leadership: Leadership, log: Parts['log']): Promise<void> {
  const late = (): Error => new Error(`no answer for ${giveBackMs} ms`);
  await withinTime(leadership.release(), giveBackMs, late).catch((error: unknown) =>
    log.warn({ error: String(error) }, 'The lease was not given back; the next coordinator waits until it expires'),
  );
}

/** What runs get of the time for a stop: the rest of it is for Redis and the store, which may be away. */
function runsGraceMs(graceMs: number): number {
  return Math.max(graceMs / 2, graceMs - 5000);
}

/** 80 random bits as 16 lower-case letters and digits. */
function unguessable(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return [...randomBytes(16)].map((byte) => alphabet[byte % 32]).join('');
}

/** An id that contains the UTC time, so that the runs of one name sort by it. */
function newRunId(name: string, now: Date, suffix: string): string {
  const [day = '', time = ''] = now.toISOString().replaceAll(/[-:]/g, '').split('T');
  return `${name}-${day}-${time.slice(0, 6)}-${suffix}`;
}

/** Waits until this coordinator leads. Returns also what answers meanwhile, and until the runs are read. */
async function lead(
  config: CoordinatorConfig,
  { store, redis, log }: Pick<Parts, 'store' | 'redis' | 'log'>,
  closers: (() => Promise<void> | void)[],
): Promise<{ readonly leadership: Leadership; readonly standby: StandbyServer }> {
  let opening: Promise<StandbyServer> | undefined;
  const serve = (): Promise<StandbyServer> => (opening ??= listen(() => serveStandbyOf(config, log, closers), config));
  const leadership = await openLeadership({
    store,
    redis,
    prefix: config.queuePrefix,
    now: () => new Date(),
    async onWait(reason, isAlive) {
      log.info({ reason, isAlive }, 'Stands by');
      if (config.standby === 'refuse' && isAlive) throw refusedStandby(reason);
      await serve();
    },
  });
  try {
    return { leadership, standby: await serve() };
  } catch (error) {
    await leadership.release();
    throw error;
  }
}

async function serveStandbyOf(
  { host, port, tls }: CoordinatorConfig,
  log: Parts['log'],
  closers: (() => Promise<void> | void)[],
): Promise<StandbyServer> {
  const certificate = tls && (await readCertificate(tls));
  const standby = await serveStandby({ host, port, certificate });
  const unfollow = tls && certificate ? followCertificate(tls, certificate, standby.server, log) : undefined;
  const close = async (): Promise<void> => {
    unfollow?.();
    await standby.close();
  };
  closers.push(close);
  return { ...standby, close };
}

async function listen<Result>(begin: () => Promise<Result>, { host, port }: CoordinatorConfig): Promise<Result> {
  try {
    return await begin();
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const taken = code === 'EADDRINUSE';
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `Coordinator: expected to listen on ${host}:${port} (TANDEM_HOST, TANDEM_PORT), got ` +
        `${taken ? 'a port another process listens on' : (cause as Error).message}`,
      help: taken
        ? 'Stop that process, which may be another coordinator, or choose another TANDEM_PORT (--port).'
        : 'Choose an address of this machine and a port above 1023.',
      cause,
    });
  }
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
