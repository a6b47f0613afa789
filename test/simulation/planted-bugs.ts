import { inputHash, taskId } from '#protocol/pool/task.js';
import type { Transport } from '../../apps/coordinator/src/pool/transport.js';
import type { Plant } from './world/simulated-coordinator.js';

/** The fencing check is dropped: a coordinator never asks whether it still leads. */
export const unfenced: Plant = { checkOwner: () => () => Promise.resolve() };

/** The check of the parameters' hash is dropped: every answer seems to be for the parameters of its task. */
export const anyParameters: Plant = {
  transport(transport) {
    const hashes = new Map<string, string>();
    return {
      ...transport,
      send(tasks) {
        for (const { task } of tasks) hashes.set(taskId(task), inputHash(task));
        return transport.send(tasks);
      },
      onAnswer: (listener) =>
        transport.onAnswer((answer) => {
          const parametersHash = hashes.get(answer.taskId);
          const isShard = 'parametersHash' in answer && parametersHash !== undefined;
          listener(isShard ? { ...answer, parametersHash } : answer);
        }),
    };
  },
};

/** A task is forgotten: one that got lost is never found to be missing. */
export const forgetful: Plant = {
  transport: (transport: Transport): Transport => ({
    ...transport,
    async locate(tasks) {
      const found = await transport.locate(tasks);
      return new Map([...found].map(([id, at]) => [id, at.kind === 'missing' ? { kind: 'waiting' } : at]));
    },
  }),
};
