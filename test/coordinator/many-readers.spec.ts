// Goal: readers cost the coordinator no lasting memory, neither those that ask often nor those that ask for a stream
// and never read it.
import { request, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';
import type { Training } from '../support/scripted-trainer.js';

let coordinator: OwnCoordinator;
let training: Training;
let id: string;

beforeAll(async () => {
  coordinator = await startOwnCoordinator();
  ({ id } = (await (await coordinator.post('/v1/runs', runDocument({ steps: 100_000 }))).json()) as { id: string });
  training = await coordinator.trainer.next();
  training.prepare();
});
afterAll(() => coordinator?.close());

function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

it('thousands of reads leave no memory behind', async () => {
  const paths = [
    '/v1/runs',
    `/v1/runs/${id}`,
    `/v1/runs/${id}/metrics`,
    '/v1/workers',
    '/metrics',
    '/health/ready',
    '/v1/runs/nobody',
  ];
  const read = async (count: number): Promise<void> => {
    for (let call = 0; call < count; call++) await (await coordinator.get(paths[call % paths.length]!)).arrayBuffer();
  };
  await read(1000);
  const before = heapMiB();
  await read(3000);
  expect(heapMiB() - before).toBeLessThan(4);
});

it('if 100 of 200 followers never read, the others see every step, and memory stays small', async () => {
  const silent = await Promise.all(Array.from({ length: 100 }, () => openStream()));
  for (const stream of silent) stream.pause();
  const reading = await Promise.all(Array.from({ length: 100 }, () => openStream()));
  const last = reading.map((stream) => lastStepOf(stream));
  const before = heapMiB();
  const steps = 2000;
  for (let step = 1; step <= steps; step++) {
    training.step(step);
    if (step % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => last.map((step) => step()), { timeout: 30_000 }).toEqual(Array(100).fill(steps));
  // A step takes 500 bytes as an event. Kept for every silent follower, the steps would take 100 MB.
  expect(heapMiB() - before).toBeLessThan(30);
  for (const stream of [...silent, ...reading]) stream.destroy();
});

function openStream(): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(
      `${coordinator.url}/v1/runs/${id}/metrics?follow=1`,
      { headers: { 'x-api-key': apiKey }, agent: false },
      resolve,
    )
      .on('error', reject)
      .end();
  });
}

function lastStepOf(stream: IncomingMessage): () => number {
  let last = 0;
  let rest = '';
  stream.on('error', () => undefined);
  stream.setEncoding('utf8').on('data', (text: string) => {
    rest += text;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('id: ')) last = Number(line.slice(4));
  });
  return () => last;
}
