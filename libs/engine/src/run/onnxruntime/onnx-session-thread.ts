import { serveThread } from '#threads/thread-server.js';
import type { OnnxCall, OnnxPort, OnnxResults, OnnxValue } from './onnx-message.js';
import { ort } from './onnxruntime.js';
import { sessionOptionsFor } from './session-options.js';

/* The thread of an ONNX model that the engine has not written: run() blocks the thread that calls it. */

let session: ort.InferenceSession | undefined;
const held = new Map<string, ort.Tensor>();

async function perform(call: OnnxCall): Promise<OnnxResults[OnnxCall['kind']]> {
  switch (call.kind) {
    case 'open': {
      const options = sessionOptionsFor({ kind: 'cpu', threads: call.threads });
      const { model } = call;
      session = await (typeof model === 'string'
        ? ort.InferenceSession.create(model, options)
        : ort.InferenceSession.create(model, options));
      return { inputs: session.inputMetadata.map(portOf), outputs: session.outputMetadata.map(portOf) };
    }
    case 'hold':
      held.set(call.name, tensorOf(call.value));
      return undefined;
    case 'run': {
      if (!session) throw new Error('internal: run before open');
      const feeds = Object.entries(call.feeds).map(([name, feed]) => [name, feedOf(feed)] as const);
      const results = await session.run(Object.fromEntries(feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [
          name,
          { shape: dims, data: data as OnnxValue['data'] },
        ]),
      );
    }
  }
}

function portOf(metadata: ort.InferenceSession.ValueMetadata): OnnxPort {
  if (!metadata.isTensor) return { name: metadata.name, type: 'no tensor', shape: [] };
  return { name: metadata.name, type: metadata.type, shape: metadata.shape };
}

function feedOf(feed: OnnxValue | string): ort.Tensor {
  if (typeof feed !== 'string') return tensorOf(feed);
  const tensor = held.get(feed);
  if (!tensor) throw new Error(`internal: expected a held tensor '${feed}', found none`);
  return tensor;
}

function tensorOf({ shape, data }: OnnxValue): ort.Tensor {
  const type =
    data instanceof Float32Array
      ? 'float32'
      : data instanceof Float64Array
        ? 'float64'
        : data instanceof Int32Array
          ? 'int32'
          : 'int64';
  return new ort.Tensor(type, data as Float32Array, shape);
}

serveThread(perform);
