// A worker on a machine whose disk or network breaks at SIGUSR2: a bit of every result flips after it was hashed.
// Everything else about it is sound.
import './flipped-results.js';
import './slow-results.js';

await import('../../../apps/worker/src/main.js');
