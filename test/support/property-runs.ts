// Property tests draw the same cases in every run, so that a red run is about the change at hand. PROPERTY_RUNS=5000
// npm test looks wider: that many new cases each.
import fc from 'fast-check';

const runs = process.env['PROPERTY_RUNS'];
fc.configureGlobal(runs === undefined ? { seed: 1 } : { numRuns: Number(runs) });
