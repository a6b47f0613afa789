import { availableParallelism } from 'node:os';
import { openOptimizer } from '../../apps/coordinator/src/training/optimizer/optimizer.js';
import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../turns.js';
import { openMemoryPass } from '../workload/memory-pass.js';
import { someGradient, updatedConfig, updateState } from '../workload/update-state.js';

/**
 * AdamW reads parameters, moments and gradient, and writes parameters and moments. The reference is a pass over as much
 * memory by the same number of threads.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const threads = availableParallelism();
  const [optimizer, memory] = [openOptimizer({ config: updatedConfig, threads }), openMemoryPass(threads)];
  const [state, gradient] = [updateState(), someGradient()];
  const turns = await takeTurns({
    subject: () => secondsOf(() => optimizer.adamW(state, gradient, { learningRate: 1e-5, gradientFactor: 1 })),
    reference: () => secondsOf(() => memory.run({ rewritten: [state.parameters, state.moments], read: [gradient] })),
  });
  yield measurementOf('adamw/151M', 's', turns);
  await Promise.all([optimizer.close(), memory.close()]);
}
