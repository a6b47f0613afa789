// A worker on a machine whose processor or memory breaks at SIGUSR2: a bit of every result is wrong before it is
// hashed, so the hash that it answers is that of the wrong result. Everything else about it is sound.
import { Queue } from 'bullmq';
import { flipped } from './flipped-results.js';
import './slow-results.js';

interface Answer {
  readonly resultKey?: string;
}
type Add = (this: unknown, name: string, answer: Answer, ...more: unknown[]) => unknown;
const prototype = Queue.prototype as unknown as { add: Add };
const { add } = prototype;
prototype.add = function (name, answer, ...more) {
  const resultHash = flipped.get(answer.resultKey ?? '');
  return add.call(this, name, resultHash === undefined ? answer : { ...answer, resultHash }, ...more);
};

await import('../../../apps/worker/src/main.js');
