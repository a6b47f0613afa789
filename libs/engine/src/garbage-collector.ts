import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Returns a function that runs V8's full garbage collection. On its own V8 frees an ArrayBuffer's memory at its next
 * full collection, which may come long after the next ArrayBuffer is allocated.
 */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
