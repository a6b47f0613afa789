// Property tests use the same random cases every time, so that a failure comes from the change at hand.
// `PROPERTY_RUNS=5000 npm test` tries that many new cases per property.
import fc from 'fast-check';

const runs = process.env['PROPERTY_RUNS'];
fc.configureGlobal(runs === undefined ? { seed: 1 } : { numRuns: Number(runs) });
