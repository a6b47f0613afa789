import { EventSource } from 'eventsource';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  apiKey,
  openHome,
  runDocument,
  startTestCoordinator,
  type CoordinatorHome,
  type TestCoordinator,
} from '../support/coordinator.js';
import type { Training } from '../support/scripted-trainer.js';

let home: CoordinatorHome;
let coordinator: TestCoordinator;
let training: Training;

beforeAll(async () => {
  home = await openHome();
  coordinator = await startTestCoordinator(home.settings);
  await coordinator.post('/v1/runs', runDocument({ steps: 5 }));
  training = await coordinator.trainer.next();
  training.prepare();
  training.step(1);
  training.step(2);
});

afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

test('a stream sends the past steps, then each new one, and ends with the run', async () => {
  const fromStart = follow('?follow=1');
  const fromThird = follow('?from=3', { accept: 'text/event-stream' });
  const resumed = follow('?follow=1', { 'last-event-id': '1' });
  for (const stream of [fromStart, fromThird, resumed]) await stream.until((event) => event.name === 'status');
  training.step(3);
  for (const stream of [fromStart, fromThird, resumed]) await stream.until((event) => event.id === '3');
  training.onEvent({ kind: 'evaluating' });
  training.step(4);
  training.step(5);
  training.complete();
  const [all, late, again] = await Promise.all([fromStart.rest(), fromThird.rest(), resumed.rest()]);
  expect(stepsOf(all)).toEqual([1, 2, 3, 4, 5]);
  expect(stepsOf(late)).toEqual([3, 4, 5]);
  expect(stepsOf(again)).toEqual([2, 3, 4, 5]);
  expect(all.at(-1)).toMatchObject({ name: 'status', data: { state: 'completed', step: 5 } });
});

test('an EventSource stays away once a run has ended, and sees each event once', async () => {
  const seen: string[] = [];
  const answers: number[] = [];
  const source = new EventSource(`${coordinator.url}/v1/runs/${training.id}/metrics?follow=1`, {
    fetch: async (url, init) => {
      const answer = await fetch(url, { ...init, headers: { ...init.headers, 'x-api-key': apiKey } });
      answers.push(answer.status);
      return answer;
    },
  });
  for (const name of ['step', 'status'])
    source.addEventListener(name, ({ lastEventId }: { lastEventId: string }) => seen.push(`${name} ${lastEventId}`));
  await expect.poll(() => source.readyState, { timeout: 20_000 }).toBe(EventSource.CLOSED);
  expect(answers).toEqual([200, 204]);
  expect(seen).toEqual(['step 1', 'step 2', 'step 3', 'step 4', 'step 5', 'status 5-end']);
});

test.each(['', ' ', '-1', '1.5', 'NaN', '5-', 'end'])('a Last-Event-ID of %j is refused', async (given) => {
  // fetch() leaves out what is empty, and this does not.
  const { port } = new URL(coordinator.url);
  const status = await new Promise<number | undefined>((resolve, reject) =>
    request(
      {
        port,
        path: `/v1/runs/${training.id}/metrics?follow=1`,
        headers: { 'x-api-key': apiKey, 'last-event-id': given },
      },
      (answer) => resolve(answer.resume().statusCode),
    )
      .on('error', reject)
      .end(),
  );
  expect(status).toBe(422);
});

test('a stream ends when the coordinator stops, and does not delay the stop', async () => {
  const other = await startTestCoordinator({
    ...home.settings,
    TANDEM_STORE: `file:${home.directory}/other`,
  });
  const { id } = (await (await other.post('/v1/runs', runDocument())).json()) as { id: string };
  await other.trainer.next();
  const stream = reader(other.get(`/v1/runs/${id}/metrics?follow=1`));
  await stream.until((event) => event.name === 'status');
  await other.close();
  await stream.rest();
});

interface StreamEvent {
  readonly name: string;
  readonly id: string | undefined;
  readonly data: { readonly step: number; readonly state?: string };
}

function follow(query: string, headers: Record<string, string> = {}): ReturnType<typeof reader> {
  return reader(
    coordinator.get(`/v1/runs/${training.id}/metrics${query}`, { 'x-api-key': 'a-key-of-the-tests', ...headers }),
  );
}

/** Reads server-sent events. `until` and `rest` return all events so far. */
function reader(answer: Promise<Response>): {
  until(found: (event: StreamEvent) => boolean): Promise<StreamEvent[]>;
  rest(): Promise<StreamEvent[]>;
} {
  const events: StreamEvent[] = [];
  const chunks = chunksOf(answer);
  let text = '';
  async function until(found: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
    while (!events.some(found)) {
      const { value, done } = await chunks.next();
      if (done) return events;
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      events.push(...blocks.filter((block) => !block.startsWith(':')).map(parseEvent));
    }
    return events;
  }
  return { until, rest: () => until(() => false) };
}

async function* chunksOf(answer: Promise<Response>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  for await (const chunk of (await answer).body!) yield decoder.decode(chunk as Uint8Array, { stream: true });
  return undefined;
}

function parseEvent(block: string): StreamEvent {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return {
    name: fields.get('event')!,
    id: fields.get('id'),
    data: JSON.parse(fields.get('data')!) as StreamEvent['data'],
  };
}

function stepsOf(events: readonly StreamEvent[]): number[] {
  return events.filter(({ name }) => name === 'step').map(({ data }) => data.step);
}
