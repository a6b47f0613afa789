import { parseArgs } from 'node:util';
import { deviceKinds, type DeviceKind } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { precisions, type Precision } from '#engine/tensor-spec.js';
import { preset } from '#model/zoo/presets.js';
import { secondsOf } from './turns.js';
import { openMeasuredStep } from './workload/measured-step.js';
import { smallModel } from './workload/small-models.js';

/*
 * Measures training steps on a device, one warm-up first, and prints one JSON line as other programs' benchmarks do:
 * the median of pairs per second. `small` is the model of that name in bench/workload/small-models.ts.
 */

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda' },
    model: { type: 'string', default: 'ViT-B-32' },
    batch: { type: 'string', default: '1024' },
    micro: { type: 'string', default: '256' },
    steps: { type: 'string', default: '5' },
    precision: { type: 'string', default: 'float32' },
    between: { type: 'string', default: 'stash' },
  },
});

function oneOf<Value extends string>(name: keyof typeof values, allowed: readonly Value[]): Value {
  const found = allowed.find((value) => value === values[name]);
  if (found === undefined) throw new Error(`--${name}: expected ${allowed.join(', ')}, got ${values[name]}`);
  return found;
}

function whole(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: expected a whole number, got ${values[name]}`);
  return value;
}

async function main(): Promise<void> {
  const kind: DeviceKind = oneOf('device', deviceKinds);
  const precision: Precision = oneOf('precision', precisions);
  const between = oneOf('between', ['stash', 'recompute']);
  const [batch, microBatch, steps] = [whole('batch'), whole('micro'), whole('steps')];
  const model = values.model === 'small' ? smallModel : preset(values.model);
  if (!model) throw new Error(`--model: expected small or a model that \`tandem models\` lists, got ${values.model}`);
  const device = await openDevice({ kind, threads: 1 });
  const step = await openMeasuredStep(device, { model, batch, microBatch, precision });
  await step.take(between);
  const taken: number[] = [];
  while (taken.length < steps) taken.push(await secondsOf(() => step.take(between)));
  const seconds = taken.toSorted((a, b) => a - b)[Math.floor(steps / 2)]!;
  const line = {
    device: device.name,
    model: values.model,
    batch,
    micro: microBatch,
    precision,
    between,
    pairs_per_s: Number((batch / seconds).toFixed(1)),
    tflops: Number((step.gigaflops / seconds / 1e3).toFixed(3)),
  };
  await device.close();
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
