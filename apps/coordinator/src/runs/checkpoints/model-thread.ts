import type { Device } from '#engine/device.js';
import { readFreeMemory } from '#engine/devices/free-memory.js';
import { openDevice } from '#engine/run/open-device.js';
import { openCheckpointAt, readCheckpointAt, type CheckpointModel } from '#inference/checkpoint-model.js';
import { exportModel } from '#inference/export/export-model.js';
import { predict } from '#inference/predict.js';
import { ErrorCode, toWireError } from '#protocol/tandem-error.js';
import { serveThread } from '#threads/thread-server.js';
import { checkModelRoom } from '../checks/model-room.js';
import type { ExportCall, ModelCall, ModelResults, PredictCall } from './model-message.js';

/*
 * The thread that uses checkpoints for those who ask over HTTP: to read one, to compile its towers and to decode an
 * image takes seconds. It keeps the model that was asked last, for the next image.
 */

let device: Promise<Device> | undefined;
let opened: { readonly url: string; readonly model: CheckpointModel } | undefined;

async function modelAt({ checkpoint, storeAccess, threads }: PredictCall): Promise<CheckpointModel> {
  const { url, parameterBytes } = checkpoint;
  if (opened?.url === url) return opened.model;
  const before = opened;
  opened = undefined;
  await before?.model.close();
  checkModelRoom(parameterBytes, readFreeMemory());
  device ??= openDevice({ kind: 'cpu', threads });
  const model = await openCheckpointAt(url, { device: await device, batch: 1, access: storeAccess });
  opened = { url, model };
  return model;
}

async function answer(call: PredictCall): Promise<ModelResults['predict']> {
  const model = await modelAt(call);
  const { image, labels, templates = model.templates } = call;
  const predictions = await predict(model, image, labels, { templates });
  return { checkpoint: model.url, step: model.step, templates: [...templates], predictions };
}

async function exported({ checkpoint, storeAccess, folder, type }: ExportCall): Promise<ModelResults['export']> {
  const { url, parameterBytes } = checkpoint;
  checkModelRoom(parameterBytes, readFreeMemory());
  const written = await exportModel(await readCheckpointAt(url, storeAccess), folder, { type });
  return { files: written.filter(({ same }) => same === undefined).map(({ path, bytes }) => ({ path, bytes })) };
}

serveThread((call: ModelCall): Promise<ModelResults[ModelCall['kind']]> => {
  const answered = call.kind === 'predict' ? answer(call) : exported(call);
  return answered.catch((error: unknown) => ({ failed: toWireError(error, ErrorCode.Internal) }));
});
