// Fuzzes everything Tandem reads from outside, with one seed after another until the time is up. Prints a line per
// target and exits with 1 if it found a defect. --target NAME, --seed N (the first), --seconds S, --case K (of one
// target and seed).
import { parseArgs } from 'node:util';
import { runFuzz } from '../dist/test/fuzz/run-fuzz.js';
import { targets } from '../dist/test/fuzz/targets.js';

const options = {
  target: { type: 'string' },
  seed: { type: 'string', default: '1' },
  seconds: { type: 'string', default: '60' },
  case: { type: 'string' },
};
const { values } = parseArgs({ options });
const [firstSeed, seconds, only] = [values.seed, values.seconds, values.case].map((value) =>
  value === undefined ? undefined : number(value),
);
if (values.target !== undefined && !targets[values.target])
  usage(`no target ${values.target}; there are ${Object.keys(targets).join(', ')}`);
if (only !== undefined && values.target === undefined) usage('--case needs --target');

// Child processes of targets end when this process exits.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
const module = new URL('../dist/test/fuzz/targets.js', import.meta.url).href;
const chosen = values.target === undefined ? Object.keys(targets) : [values.target];
const totals = new Map();
const until = Date.now() + 1000 * seconds;

let seed = firstSeed;
do {
  for (const target of chosen) {
    const range = only === undefined ? { from: 0, to: targets[target].cases } : { from: only, to: only + 1 };
    const left = only === undefined ? Math.max(0, (until - Date.now()) / 1000) : seconds;
    if (left === 0 && seed > firstSeed) break;
    process.stdout.write(`seed ${seed}, ${target}\n`);
    const report = await runFuzz({ module, target, seed, ...range, seconds: left });
    for (const { case: number, times, verdict, detail, again } of report.failures) {
      process.stdout.write(`  ${verdict} at case ${number}, ${times} in all: ${detail}\n    ${again}\n`);
    }
    add(target, report);
  }
  seed++;
} while (only === undefined && Date.now() < until);

print();
process.exitCode = [...totals.values()].some(({ failures }) => failures > 0) ? 1 : 0;

function add(target, { cases, accepted, refused, failures, slowest, peakBytes }) {
  const total = totals.get(target) ?? {
    cases: 0,
    accepted: 0,
    refused: 0,
    failures: 0,
    slowest: { ms: -1 },
    peakBytes: 0,
  };
  totals.set(target, {
    cases: total.cases + cases,
    accepted: total.accepted + accepted,
    refused: total.refused + refused,
    failures: total.failures + failures.length,
    slowest: slowest.ms > total.slowest.ms ? { ...slowest, seed } : total.slowest,
    peakBytes: Math.max(total.peakBytes, peakBytes),
  });
}

function print() {
  const rows = [['target', 'cases', 'accepted', 'refused', 'defects', 'slowest', 'peak memory']];
  for (const [target, { cases, accepted, refused, failures, slowest, peakBytes }] of totals) {
    const slow = `${Math.round(slowest.ms)} ms (seed ${slowest.seed}, case ${slowest.case})`;
    rows.push([target, cases, accepted, refused, failures, slow, `${Math.round(peakBytes / 2 ** 20)} MiB`].map(String));
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  process.stdout.write(
    `\n${rows
      .map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd(),
      )
      .join('\n')}\n`,
  );
}

function number(text) {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 ? value : usage(`expected a whole number, got ${text}`);
}

function usage(problem) {
  process.stderr.write(`fuzz: ${problem}\n  npm run fuzz -- [--target NAME] [--seed N] [--seconds S] [--case K]\n`);
  process.exit(2);
}
