import type { ShardAnswer } from '#protocol/task.js';

/** What a shard's handler finds out; the rest of the answer is the same for all kinds. */
export type DoneBy<A extends ShardAnswer> = A extends ShardAnswer ? Omit<A, 'worker' | 'taskId' | 'shard' | 'parametersHash' | 'loadMs' | 'computeMs' | 'storeMs'> : never;
