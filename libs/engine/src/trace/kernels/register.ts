import * as tf from '@tensorflow/tfjs';
import { unsupported } from '../unsupported.js';
import { traceBackendName } from '../trace-backend.js';
import { convolutionKernels } from './convolutions.js';
import { elementwiseKernels } from './elementwise.js';
import { indexingKernels } from './indexing.js';
import type { Kernel } from './kernel.js';
import { matmulKernels } from './matmuls.js';
import { reductionKernels } from './reductions.js';
import { shapeKernels } from './shapes.js';

/**
 * Register every kernel the engine can trace with tfjs. All other kernels of tfjs get one that throws UNSUPPORTED_OP
 * with the kernel's name.
 */
export function registerKernels(): void {
  const kernels: Readonly<Record<string, Kernel>> = {
    ...elementwiseKernels,
    ...reductionKernels,
    ...matmulKernels,
    ...convolutionKernels,
    ...shapeKernels,
    ...indexingKernels,
  };
  for (const kernelName of new Set([...Object.keys(kernels), ...everyKernelName()])) {
    const kernel = kernels[kernelName] ?? refuse(kernelName);
    tf.registerKernel({
      kernelName,
      backendName: traceBackendName,
      kernelFunc: ({ inputs, attrs }) =>
        kernel(inputs as Readonly<Record<string, tf.TensorInfo>>, (attrs ?? {}) as never),
    });
  }
}

/** Names of the kernels that tfjs exports and of those that its CPU backend implements. */
function everyKernelName(): string[] {
  const exported = Object.entries(tf).flatMap(([name, value]) =>
    name === value && typeof value === 'string' ? [value] : [],
  );
  const implemented = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  return [...exported, ...implemented];
}

function refuse(kernelName: string): Kernel {
  return (inputs) => {
    const shapes = Object.values(inputs).map(({ dtype, shape }) => `${dtype}[${shape.join(',')}]`);
    throw unsupported(
      `The engine cannot trace the tfjs kernel '${kernelName}' (${shapes.join(', ')}). Write the ` +
        'function with kernels it knows.',
    );
  };
}
