import { parentPort } from 'node:worker_threads';
import { gradientNorm } from '#model/gradient-norm.js';
import { parameterSpecs } from '#model/parameters.js';
import { updateParameters } from '#model/parameter-update.js';
import { decodeFloat32 } from '#store/safetensors.js';
import type { ThreadRequest, ThreadResponse } from '#engine/run/thread-client.js';
import type { ArithmeticCall, ArithmeticResults } from './arithmetic-message.js';

/* The thread that adds gradients and updates parameters, so that the main one goes on answering. */

function perform(call: ArithmeticCall): ArithmeticResults[ArithmeticCall['kind']] {
  switch (call.kind) {
    case 'add': {
      const [left, right] = [tensors(call.left), tensors(call.right)];
      for (const [name, values] of Object.entries(left)) addInto(values, right[name]!);
      return call.left;
    }
    case 'norm':
      return gradientNorm(Object.values(tensors(call.blob)));
    case 'update': {
      const { model, hyper, clipNorm } = call;
      updateParameters({
        specs: parameterSpecs(model),
        parameters: tensors(call.parameters),
        gradients: tensors(call.gradient),
        firstMoments: tensors(call.firstMoments),
        secondMoments: tensors(call.secondMoments),
        hyper,
        ...(clipNorm === undefined ? {} : { clipNorm }),
      });
      return undefined;
    }
  }
}

function tensors(blob: Uint8Array): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(decodeFloat32(blob)).map(([name, { data }]) => [name, data]));
}

function addInto(left: Float32Array, right: Float32Array): void {
  for (let i = 0; i < left.length; i++) left[i] = left[i]! + right[i]!;
}

/** A blob that came over goes back the same way, without a copy. */
function transferred(result: ArithmeticResults[ArithmeticCall['kind']]): ArrayBuffer[] {
  return result instanceof Uint8Array ? [result.buffer as ArrayBuffer] : [];
}

parentPort!.on('message', ({ id, call }: ThreadRequest<ArithmeticCall>) => {
  let response: ThreadResponse<ArithmeticResults[ArithmeticCall['kind']]>;
  try {
    response = { id, ok: true, result: perform(call) };
  } catch (error) {
    response = { id, ok: false, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort!.postMessage(response, response.ok ? transferred(response.result) : []);
});
