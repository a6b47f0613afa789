// A worker as it is, but for the time that it takes.
import './slow-results.js';

await import('../../../apps/worker/src/main.js');
