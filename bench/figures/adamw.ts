import { availableParallelism } from 'node:os';
import { openOptimizer } from '../../apps/coordinator/src/training/optimizer/optimizer.js';
import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../turns.js';
import { openMemoryPass } from '../workload/memory-pass.js';
import { someGradient, updatedModel, updateState } from '../workload/update-state.js';

/** The update reads parameters, moments and gradient and writes parameters and moments; the pass does the same by as many threads. */
export async function* measure(): AsyncGenerator<Measurement> {
  const threads = availableParallelism();
  const [arithmetic, memory] = [openOptimizer({ threads }), openMemoryPass(threads)];
  const [state, gradient] = [updateState(), someGradient()];
  const hyper = { learningRate: 1e-5, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2, update: 10 };
  const turns = await takeTurns({
    subject: () => secondsOf(() => arithmetic.update(state, gradient, { model: updatedModel, hyper, gradientFactor: 1 })),
    reference: () => secondsOf(() => memory.run({ rewritten: [state.parameters, state.moments], read: [gradient] })),
  });
  yield measurementOf('adamw/151M', 's', turns);
  await Promise.all([arithmetic.close(), memory.close()]);
}
