import { createHash } from 'node:crypto';
import type { DeviceKind } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { deviceStep } from './device-step.js';

export interface CachedStepInput {
  readonly kind: DeviceKind;
  readonly folder: string;
}

export interface CachedStep {
  /** sha256 of all numbers of the step. */
  readonly bits: string;
  /** How many times a tower was traced. */
  readonly traces: number;
  readonly events: readonly string[];
}

/** Takes a step with a cache of compiled programs. Is run in a process of its own. */
export async function* measure({ kind, folder }: CachedStepInput): AsyncGenerator<CachedStep> {
  const events: string[] = [];
  let traces = 0;
  const device = await openDevice({
    kind,
    threads: 1,
    cache: { folder, bytesMax: 2 ** 24, onEvent: (event) => events.push(event) },
  });
  const { rows, gradients, loss } = await deviceStep({
    ...device,
    compileStaged(fn, ...rest) {
      return device.compileStaged(
        (inputs) => {
          traces++;
          return fn(inputs);
        },
        ...rest,
      );
    },
  });
  await device.close();
  const hash = createHash('sha256').update(String(loss));
  for (const values of [...Object.values(rows), ...Object.values(gradients)]) hash.update(values);
  yield { bits: hash.digest('hex'), traces, events };
}
