// Goal: the checkpoints of a run can be listed, downloaded, exported and tried over HTTP, and wrong calls are refused
// with what was expected. Method: a real coordinator, and in its store a checkpoint of a tiny model of random weights.
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { extract } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorBodySchema } from '#protocol/error-body.js';
import { checkpointListSchema, predictionSchema, type CheckpointList } from '#protocol/history/checkpoint-list.js';
import { eventLogSchema } from '#protocol/history/event-log.js';
import { sentImageBytesMax } from '#protocol/input/input-limits.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { readCheckpoint, writeCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';
import { writeTinyCheckpoint } from '../support/models/tiny-checkpoint.js';
import type { Training } from '../support/scripted-trainer.js';

let coordinator: OwnCoordinator;
let id: string;
let training: Training;
let newest: CheckpointList['checkpoints'][number];
beforeAll(async () => {
  coordinator = await startOwnCoordinator();
  ({ id } = (await (await coordinator.post('/v1/runs', runDocument())).json()) as RunStatus);
  training = await coordinator.trainer.next();
  training.prepare();
  const [store, prefix] = [training.store, runKeys(id).checkpoints];
  const made = await writeTinyCheckpoint(`${coordinator.directory}/made`);
  const [from, name] = [openStore(`${coordinator.directory}/made`), made.slice(made.indexOf('checkpoints'))];
  const { blobs } = await readCheckpoint(from, name);
  await writeCheckpoint(store, prefix, { step: 1, epoch: 1 }, blobs);
  const folder = await writeCheckpoint(store, prefix, { step: 2, epoch: 1 }, blobs);
  training.step(1);
  training.step(2);
  training.onEvent({ kind: 'checkpoint', url: urlOf(store, folder) });
  newest = (await list()).checkpoints[0]!;
});
afterAll(() => coordinator?.close());

const list = async (): Promise<CheckpointList> =>
  checkpointListSchema.parse(await (await coordinator.get(`/v1/runs/${id}/checkpoints`)).json());
const refusal = async (answer: Response): Promise<[number, string]> => [
  answer.status,
  errorBodySchema.parse(await answer.json()).message,
];

it('are listed with their files, the newest first', async () => {
  const { checkpoints } = await list();
  expect(checkpoints.map(({ step }) => step)).toEqual([2, 1]);
  expect(newest.name).toBe('000000002.000000001');
  expect(newest.files.map(({ name }) => name)).toEqual(['config.json', 'parameters.safetensors', 'tokenizer.json']);
});

it.each(['config.json', 'parameters.safetensors'])('%s comes as it is in the store', async (name) => {
  const answer = await coordinator.get(`/v1/runs/${id}/checkpoints/${newest.name}/files/${name}`);
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${id}-${newest.name}-${name}"`);
  const { blobs } = await readCheckpoint(training.store, `${runKeys(id).checkpoints}/${newest.name}`, [name]);
  expect(Buffer.from(await answer.arrayBuffer()).equals(blobs[name]!)).toBe(true);
});

it.each([
  ['checkpoints/000000009.000000001/files/config.json', /expected the name of a checkpoint, got "000000009/],
  ['checkpoints/000000002.000000001/files/..%2f..%2fstatus.json', /expected the name of one of its files/],
  ['checkpoints/..%2f..%2f/files/status.json', /expected the name of a checkpoint/],
  ['checkpoints/000000002.000000001/files/manifest.json', /expected the name of one of its files/],
])('%s is not there', async (path, message) => {
  expect(await refusal(await coordinator.get(`/v1/runs/${id}/${path}`))).toEqual([404, expect.stringMatching(message)]);
});

it('are exported as a tar with ONNX files', async () => {
  const answer = await coordinator.get(`/v1/runs/${id}/checkpoints/${newest.name}/export`);
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${id}-${newest.name}-onnx.tar"`);
  const entries = extract();
  Readable.from([Buffer.from(await answer.arrayBuffer())]).pipe(entries);
  const names: string[] = [];
  for await (const entry of entries) {
    names.push(entry.header.name);
    entry.resume();
  }
  expect(names).toEqual(expect.arrayContaining(['onnx/vision_model.onnx', 'onnx/text_model.onnx', 'tokenizer.json']));
});

describe('an image', () => {
  const picture = (): Promise<Buffer> =>
    sharp({ create: { width: 20, height: 30, channels: 3, background: '#c03020' } })
      .png()
      .toBuffer();
  const ask = (image: Uint8Array | undefined, fields: readonly (readonly [string, string])[]): Promise<Response> => {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    if (image) form.append('image', new Blob([Uint8Array.from(image)]), 'a.png');
    return fetch(`${coordinator.url}/v1/runs/${id}/predict`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey },
      body: form,
    });
  };
  const labels = [
    ['label', 'red'],
    ['label', 'a <b>blue</b>, one'],
  ] as const;

  it('gets a probability for each label, by the newest checkpoint or the one that is named', async () => {
    const answer = await ask(await picture(), labels);
    const { step, templates, predictions } = predictionSchema.parse(await answer.json());
    expect([step, templates]).toEqual([2, ['a photo of a {}.']]);
    expect(predictions.map(({ label }) => label).sort()).toEqual(['a <b>blue</b>, one', 'red']);
    expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const other = await ask(await picture(), [
      ...labels,
      ['template', 'a {}'],
      ['template', '{}'],
      ['checkpoint', '000000001.000000001'],
    ]);
    expect(predictionSchema.parse(await other.json())).toMatchObject({ step: 1, templates: ['a {}', '{}'] });
  });

  it('is refused with all problems of the form', async () => {
    expect(await refusal(await ask(undefined, [['lable', 'red']]))).toEqual([
      422,
      expect.stringMatching(/3 problems: .*label: expected a label, got none.*lable.*image: expected an image file/),
    ]);
  });

  it.each([
    ['that is none', () => Promise.resolve(Buffer.from('GIF89a?')), labels, 422, /image/i],
    ['with a label twice', picture, [labels[0], labels[0]], 422, /got "red" twice/],
    ['with a prompt that has no place for a label', picture, [...labels, ['template', 'photo']], 422, /got "photo"/],
    ['with a checkpoint that is gone', picture, [...labels, ['checkpoint', 'x']], 404, /checkpoint, got "x"/],
    ['that is too large', () => Promise.resolve(Buffer.alloc(sentImageBytesMax + 1)), labels, 413, /smaller/],
  ] as const)('%s is refused', async (_, image, fields, status, message) => {
    expect(await refusal(await ask(await image(), fields))).toEqual([status, expect.stringMatching(message)]);
  });
});

it('a document is checked without being submitted', async () => {
  const right = await coordinator.post('/v1/runs/check', runDocument());
  expect([right.status, await right.json()]).toMatchObject([200, { config: { seed: 0, checkpoint: { keep: 3 } } }]);
  const wrong = await coordinator.post('/v1/runs/check', { ...runDocument(), batch: 1, stepz: 2 });
  expect(errorBodySchema.parse(await wrong.json()).problems).toMatchObject([
    { path: 'batch' },
    { path: '(top level)' },
  ]);
  expect(((await (await coordinator.get('/v1/runs')).json()) as { runs: unknown[] }).runs.length).toBe(1);
});

it('what has happened to a run is kept, its steps left out; what only computes is not audited', async () => {
  const { events } = eventLogSchema.parse(await (await coordinator.get(`/v1/runs/${id}/events`)).json());
  // No worker is there, which the run says after a while.
  const kinds = events.filter(({ kind }) => kind !== 'deserted').map(({ kind, step }) => [kind, step]);
  expect(kinds).toEqual([
    ['started', 0],
    ['prepared', 0],
    ['checkpoint', 2],
  ]);
  const { entries } = (await (await coordinator.get('/v1/audit')).json()) as { entries: { action: string }[] };
  expect(new Set(entries.map(({ action }) => action))).toEqual(new Set(['POST /v1/runs']));
});
