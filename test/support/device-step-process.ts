// A process of its own, because a Vulkan driver is chosen by the environment a process starts with.
// Arguments: the kind of device, and a precision. Writes the step as text.
import type { DeviceKind } from '#engine/device.js';
import type { Precision } from '#engine/tensor-spec.js';
import { openDevice } from '#engine/run/open-device.js';
import { deviceStep, printStep } from './device-step.js';

const device = await openDevice({ kind: process.argv[2] as DeviceKind, threads: 1 });
const step = await deviceStep(device, process.argv[3] as Precision | undefined);
await device.close();
process.stdout.write(printStep(step));
