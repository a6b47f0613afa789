// Goal: whoever watches a run learns from its events which worker came and which was lost. Method: real processes.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventLogSchema } from '#protocol/history/event-log.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { apiKey, openHome, runDocument, type CoordinatorHome } from '../support/coordinator.js';
import { startCommand, type RunningCommand } from '../support/command.js';

let home: CoordinatorHome;
let coordinator: RunningCommand;
let url: string;

beforeAll(async () => {
  home = await openHome();
  await writeTinyData(join(home.directory, 'data'));
  coordinator = await startCommand(['coordinator'], { ...home.settings, TANDEM_API_KEY: apiKey, TANDEM_PORT: '0' });
  [, url = ''] = await coordinator.says(/listens on (http\S+),/);
}, 60_000);
afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

it('tells of a worker that joins and of one that is killed', async () => {
  const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
  const document = runDocument({ data: { train: `file:${home.directory}/data` }, steps: 1_000_000 });
  const submitted = await fetch(`${url}/v1/runs`, { method: 'POST', headers, body: JSON.stringify(document) });
  const { id } = (await submitted.json()) as { id: string };
  const ofPool = async (): Promise<readonly string[]> => {
    const answer = await fetch(`${url}/v1/runs/${id}/events`, { headers });
    return eventLogSchema.parse(await answer.json()).events.flatMap(({ kind, text }) => (kind === 'pool' ? text : []));
  };
  const worker = await startCommand(['worker'], { ...home.settings, TANDEM_WORKER_ID: 'one' });
  await expect.poll(ofPool, { timeout: 30_000 }).toEqual(['Worker one joined.']);
  worker.kill('SIGKILL');
  await expect
    .poll(ofPool, { timeout: 30_000 })
    .toEqual([
      'Worker one joined.',
      expect.stringMatching(/^Worker one was silent for \d+ ms, its lease is \d+ ms\.$/),
    ]);
}, 90_000);
