import { inTurns } from '#threads/turns.js';
import type { Device, DeviceTensor, Executable, Feeds } from '../device.js';
import type { ProgramPart } from '../profile/program-profile.js';
import {
  isShared,
  printSpec,
  sizeOf,
  type HostTensor,
  type Precision,
  type TensorSpec,
  type TypedArray,
} from '../tensor-spec.js';
import type { DiskCacheOptions } from './disk-cache.js';
import type { EngineClient } from './engine-client.js';
import type { Handle, RunInput } from './engine-message.js';
import { precisionCheck } from './precision-check.js';
import { prepared, preparing, preparingStaged, type Prepare, type PreparedProgram } from './prepared-program.js';
import { programCache } from './program-cache.js';
import { openStaged } from './staged-executable.js';
import type { Tracer } from './tracer.js';

export interface Engine<Code> extends Pick<Device, 'kind' | 'name'> {
  readonly client: EngineClient<Code>;
  /** Precisions that the engine does not compute in, each with the reason. */
  readonly lacks: Readonly<Partial<Record<Precision, string>>>;
  readonly prepare: Prepare<Code>;
  /** Keeps prepared programs on disk, for other processes. */
  readonly cache?: DiskCacheOptions | undefined;
  /** Traces functions that have a source; if left out, they are traced here, in turns. */
  readonly tracer?: Tracer<Code>;
}

interface EngineTensor extends DeviceTensor {
  readonly handle: Handle;
}

/** Open a device whose tensors and programs live in the thread of an engine. */
export function openEngineDevice<Code>(engine: Engine<Code>): Device {
  const { kind, name, client, tracer } = engine;
  const checkPrecision = precisionCheck(engine, (program) => load(client, prepared(engine.prepare, program), 'whole'));
  const remember = programCache(engine);
  const device: Device = {
    kind,
    name,
    async compile(fn, inputs, { precision = 'float32', cacheKey, source } = {}) {
      await checkPrecision(precision);
      const whole = await remember({ cacheKey, inputs, precision }, () =>
        source && tracer
          ? tracer.whole({ source, inputs, precision })
          : inTurns(preparing(engine.prepare, { fn, inputs, precision })),
      );
      return load(client, whole, 'whole');
    },
    async compileStaged(fn, inputs, lateInputs, { precision = 'float32', cacheKey, source } = {}) {
      await checkPrecision(precision);
      const { forward, backward, stash } = await remember({ cacheKey, inputs, lateInputs, precision }, () =>
        source && tracer
          ? tracer.staged({ source, inputs, precision }, lateInputs)
          : inTurns(preparingStaged(engine.prepare, { fn, inputs, precision }, lateInputs)),
      );
      return openStaged({
        device,
        inputs,
        stash,
        forward: await load(client, forward, 'forward'),
        backward: await load(client, backward, 'backward'),
      });
    },
    async allocate(spec) {
      return engineTensor(client, spec, await client.call({ kind: 'allocate', spec }));
    },
    async allocateGroup(specs) {
      const { group, tensors } = await client.call({ kind: 'allocateGroup', specs });
      return {
        tensors: Object.fromEntries(
          Object.entries(tensors).map(([tensor, handle]) => [tensor, engineTensor(client, specs[tensor]!, handle)]),
        ),
        async dispose() {
          await client.call({ kind: 'disposeGroup', group });
        },
      };
    },
    async close() {
      await tracer?.close();
      await client.close();
    },
  };
  return device;
}

async function load<Code>(
  client: EngineClient<Code>,
  { code, used, inputs, outputs }: PreparedProgram<Code>,
  part: ProgramPart,
): Promise<Executable> {
  const handle = await client.call({ kind: 'compile', part, code, inputs, outputs });
  return {
    inputs,
    outputs,
    async run(feeds, into = {}) {
      const given = Object.fromEntries(used.map((name) => [name, runInput(name, inputs[name]!, feeds)]));
      const targets = Object.fromEntries(
        Object.entries(into)
          .filter(([name]) => name in outputs)
          .map(([name, tensor]) => [name, (tensor as EngineTensor).handle]),
      );
      const copies = Object.values(given).flatMap((input) => (input.kind === 'host' ? transferable(input.data) : []));
      const fresh = await client.call({ kind: 'run', program: handle, inputs: given, into: targets }, copies);
      return Object.fromEntries(
        Object.entries(fresh).map(([name, data]) => [name, { ...outputs[name]!, data } satisfies HostTensor]),
      );
    },
    async dispose() {
      await client.call({ kind: 'disposeProgram', handle });
    },
  };
}

function runInput(name: string, spec: TensorSpec, feeds: Feeds): RunInput {
  const feed = feeds[name];
  if (!feed) throw new Error(`run: expected an input '${name}' of ${printSpec(spec)}, got none`);
  if (feed.dtype !== spec.dtype || sizeOf(feed.shape) !== sizeOf(spec.shape)) {
    throw new Error(`run: expected input '${name}' to be ${printSpec(spec)}, got ${printSpec(feed)}`);
  }
  return 'handle' in feed
    ? { kind: 'device', handle: (feed as EngineTensor).handle }
    : { kind: 'host', data: postable((feed as HostTensor).data) };
}

/**
 * What is posted to the thread: shared memory as it is, and a copy of any other array. Posting a view would copy the
 * whole buffer behind it.
 */
function postable(data: TypedArray): TypedArray {
  return isShared(data) ? data : data.slice();
}

function transferable(posted: TypedArray): ArrayBuffer[] {
  return isShared(posted) ? [] : [posted.buffer as ArrayBuffer];
}

function engineTensor<Code>(client: EngineClient<Code>, { shape, dtype }: TensorSpec, handle: Handle): EngineTensor {
  return {
    kind: 'device',
    shape,
    dtype,
    handle,
    async write(data) {
      const posted = postable(data);
      await client.call({ kind: 'write', handle, data: posted }, transferable(posted));
    },
    async clear() {
      await client.call({ kind: 'clear', handle });
    },
    async read(into) {
      return (await client.call({ kind: 'read', handle, into })) ?? into!;
    },
    async dispose() {
      await client.call({ kind: 'disposeTensor', handle });
    },
  };
}
