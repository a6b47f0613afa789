import { availableParallelism } from 'node:os';
import { openOptimizer } from '../../apps/coordinator/src/training/optimizer/optimizer.js';
import type { Measurement } from '../figure.js';
import { measurementOf, secondsOf, takeTurns } from '../turns.js';
import { openMemoryPass } from '../workload/memory-pass.js';
import { someGradient, updatedConfig } from '../workload/update-state.js';

/** Adding reads both gradients and writes one. The reference is such a pass by the same number of threads. */
export async function* measure(): AsyncGenerator<Measurement> {
  const threads = availableParallelism();
  const [optimizer, memory] = [openOptimizer({ config: updatedConfig, threads }), openMemoryPass(threads)];
  const [total, shard] = [someGradient(), someGradient()];
  const turns = await takeTurns({
    subject: () => secondsOf(() => optimizer.add(total, shard)),
    reference: () => secondsOf(() => memory.run({ rewritten: [total], read: [shard] })),
  });
  yield measurementOf('reduce/151M', 's', turns);
  await Promise.all([optimizer.close(), memory.close()]);
}
