import { heartbeatMs, type WorkerRecord } from '#protocol/pool/presence.js';
import { protocolVersion } from '#protocol/pool/task.js';
import type { PoolParts } from '../../../apps/coordinator/src/pool/worker-pool.js';
import type { Transport } from '../../../apps/coordinator/src/pool/transport.js';
import type { Time } from '../../../apps/coordinator/src/time.js';
import type { Host } from './host.js';

/** A transport whose tasks and answers take the coordinator's time, and whose workers all live. */
export function timedTransport(
  transport: Transport,
  workers: readonly string[],
  host: Host,
  { taskMs }: { readonly taskMs: number },
): Transport {
  const messageSeconds = taskMs / 2 / 1000;
  let beat = 0;
  return {
    ...transport,
    async send(tasks) {
      await host.script(tasks.length * messageSeconds);
      await transport.send(tasks);
    },
    // Nobody dies here, so no heartbeat needs an event of its own.
    workers: () => Promise.resolve(workers.map((id) => livingWorker(id, ++beat))),
    onAnswer: (listener) =>
      transport.onAnswer((answer) => void host.script(messageSeconds).then(() => listener(answer))),
  };
}

/**
 * Heartbeats of the pool for a step of about so many seconds. So many in a step show which worker is late, however long
 * it takes.
 */
export function heartbeats(time: Time, expectedSeconds: number): PoolParts['every'] {
  const everyMs = Math.max(heartbeatMs, (1000 * expectedSeconds) / beatsOfStep);
  return (tick) => {
    const beat = async (): Promise<void> => {
      for (;;) {
        await tick();
        await time.sleep(everyMs);
      }
    };
    void beat();
    return { stop: () => Promise.resolve() };
  };
}

const beatsOfStep = 200;

function livingWorker(id: string, beat: number): WorkerRecord {
  return {
    ...{ id, beat, protocol: protocolVersion, code: 'simulated', host: 'h', pid: 1, device: 'none', threads: 1 },
    arithmetic: 'none',
    ...{ memoryBytes: null, task: null, trouble: null, tasksDone: 0, startedAt: 's' },
  };
}
