// Takes the step on WebGPU, in the precision that its argument names, and prints it as a ProcessStep. It is a process
// of its own because the environment at its start selects the Vulkan driver.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import type { Precision } from '#engine/tensor-spec.js';
import { deviceStep, printStep } from './device-step.js';

const profileFolder = await mkdtemp(join(tmpdir(), 'tandem-step-'));
const device = openOrtDevice({ kind: 'webgpu', threads: 1, profileFolder });
const step = await deviceStep(device, process.argv[2] as Precision | undefined);
const kernels = (await device.takeProfiles()).flatMap(({ runs }) => runs.flatMap((run) => run.kernels));
await device.close();
await rm(profileFolder, { recursive: true });
const onCpu = kernels.filter(({ provider }) => provider === 'CPUExecutionProvider').map(({ operator }) => operator);
process.stdout.write(printStep({ ...step, kernels: kernels.length, onCpu: [...new Set(onCpu)] }));
