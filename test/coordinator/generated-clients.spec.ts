// Goal: a client that is generated from docs/openapi.json submits a run and follows it to its end.
// Method: hey-api's generator, and openapi-typescript's types with openapi-fetch, against a coordinator whose training
// the test plays. `npm run api-clients` does the same in Python, where openapi-python-client is installed.
import { createClient } from '@hey-api/openapi-ts';
import createFetchClient from 'openapi-fetch';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServer, type ViteDevServer } from 'vite';
import type { components, paths } from '#protocol/api-types.js';
import {
  apiKey,
  runDocument,
  startOwnCoordinator,
  temporaryDirectory,
  type OwnCoordinator,
} from '../support/coordinator.js';

const description = fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url));

/** What this test uses of the generated client. */
interface Generated {
  submitRun(call: object): Promise<Answer>;
  getRun(call: object): Promise<Answer>;
  getRunMetrics(call: object): Promise<Answer>;
  pauseRun(call: object): Promise<Answer>;
}
interface Answer {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
}

let coordinator: OwnCoordinator;
let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let vite: ViteDevServer;
beforeAll(async () => {
  coordinator = await startOwnCoordinator();
  folder = await temporaryDirectory();
  vite = await createServer({
    configFile: false,
    root: folder.path,
    logLevel: 'error',
    server: { middlewareMode: true },
  });
});
afterAll(async () => {
  await vite?.close();
  await folder?.remove();
  await coordinator?.close();
});

/** Plays the training of the next run, of three steps. */
async function train(): Promise<void> {
  const training = await coordinator.trainer.next();
  training.prepare();
  for (const step of [1, 2, 3]) training.step(step, { loss: 3 - step / 2 });
  training.complete();
}

it("hey-api's client submits a run and follows it to its end", async () => {
  const output = join(folder.path, 'hey-api');
  await createClient({ input: description, output: { path: output }, logs: { level: 'silent' } });
  const client = (await vite.ssrLoadModule(pathToFileURL(join(output, 'index.ts')).pathname)) as unknown as Generated;
  const call = { baseUrl: coordinator.url, auth: apiKey };
  const submitted = await client.submitRun({ ...call, body: runDocument() });
  expect(submitted.error).toBeUndefined();
  const path = { id: submitted.data!['id'] };
  await train();
  await expect.poll(async () => (await client.getRun({ ...call, path })).data?.['state']).toBe('completed');
  const page = await client.getRunMetrics({ ...call, path, query: { from: 2 } });
  expect(page.data).toMatchObject({
    metrics: [
      { step: 2, loss: 2 },
      { step: 3, loss: 1.5 },
    ],
    next: 4,
  });
  expect((await client.pauseRun({ ...call, path })).error).toMatchObject({ code: 'CONFLICT' });
});

it("openapi-typescript's types are those of a client that submits a run and follows it to its end", async () => {
  const client = createFetchClient<paths>({ baseUrl: coordinator.url, headers: { 'x-api-key': apiKey } });
  const submitted = await client.POST('/v1/runs', { body: runDocument() as never });
  const params = { path: { id: submitted.data!.id } };
  await train();
  const state = async (): Promise<string | undefined> => (await client.GET('/v1/runs/{id}', { params })).data?.state;
  await expect.poll(state).toBe('completed');
  const { data } = await client.GET('/v1/runs/{id}/metrics', { params });
  // Asked without `follow`, it is a page and not a stream.
  const page = data as components['schemas']['MetricsPage'];
  expect(page.metrics.map(({ loss }) => loss)).toEqual([2.5, 2, 1.5]);
});
