import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../apps/coordinator/src/config.js';
import { startCoordinator, type Coordinator } from '../../apps/coordinator/src/start-coordinator.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { scriptedTrainer, type ScriptedTrainer } from './scripted-trainer.js';
import { startRedis } from './servers/redis.js';

export const apiKey = 'a-key-of-the-tests';

/** A real coordinator on a free port, whose training the test controls. */
export interface TestCoordinator extends Coordinator {
  readonly trainer: ScriptedTrainer;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body?: unknown): Promise<Response>;
  delete(path: string): Promise<Response>;
}

export async function startTestCoordinator(settings: Record<string, string>): Promise<TestCoordinator> {
  const trainer = scriptedTrainer();
  const config = readConfig([], {
    TANDEM_PORT: '0',
    TANDEM_API_KEY: apiKey,
    TANDEM_LOG_LEVEL: 'silent',
    // Queues of its own: a test may start coordinators with several stores on one Redis.
    TANDEM_QUEUE_PREFIX: `test-${randomUUID()}`,
    ...settings,
  });
  const coordinator = await startCoordinator(config, trainer.open);
  const keyed = { 'x-api-key': apiKey };
  return {
    ...coordinator,
    trainer,
    delete: (path) => fetch(`${coordinator.url}${path}`, { method: 'DELETE', headers: keyed }),
    get: (path, headers = keyed) => fetch(`${coordinator.url}${path}`, { headers }),
    post: (path, body) =>
      fetch(`${coordinator.url}${path}`, {
        method: 'POST',
        headers: { ...keyed, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
  };
}

/** What a coordinator lives on: a Redis and a directory of its own, and the settings that name them. */
export interface CoordinatorHome {
  readonly settings: Readonly<Record<string, string>>;
  readonly directory: string;
  close(): Promise<void>;
}

export async function openHome(): Promise<CoordinatorHome> {
  const [redis, directory] = await Promise.all([startRedis(), temporaryDirectory()]);
  const { path } = directory;
  return {
    settings: { REDIS_URL: redis.url, TANDEM_STORE: `file:${path}/store`, TANDEM_DATA_DIR: path },
    directory: path,
    close: async () => void (await Promise.all([redis.stop(), directory.remove()])),
  };
}

/** A coordinator with a home of its own, in this directory, which is closed with it. */
export interface OwnCoordinator extends TestCoordinator {
  readonly directory: string;
}

export async function startOwnCoordinator(more: Record<string, string> = {}): Promise<OwnCoordinator> {
  const home = await openHome();
  const coordinator = await startTestCoordinator({ ...home.settings, ...more });
  return {
    ...coordinator,
    directory: home.directory,
    async close() {
      await coordinator.close();
      await home.close();
    },
  };
}

export async function temporaryDirectory(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tandem-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A small valid run document. */
export function runDocument(change: Partial<RunConfigInput> = {}): RunConfigInput {
  return {
    name: 'tiny',
    model: {
      embed_dim: 8,
      vision_cfg: { image_size: 16, layers: 1, width: 16, patch_size: 8, head_width: 8 },
      text_cfg: { context_length: 8, vocab_size: 600, width: 16, heads: 2, layers: 1 },
    },
    tokenizer: { kind: 'bpe', vocabulary: 600 },
    data: { train: 'file:/data/pairs' },
    batch: 8,
    shards: 2,
    steps: 3,
    ...change,
  };
}
