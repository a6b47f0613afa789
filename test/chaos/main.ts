// The process behind `npm run chaos`: reads the command line and prints the report.
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.js';
import { faultKinds, kindsFor, type FaultKind, type StoreKind } from './kinds.js';
import { reportText } from './report.js';

const usage =
  'npm run chaos -- [--seed N] [--steps N] [--store file|s3] [--times N] [--kinds A,B] [--keep] [--json]\n' +
  `  kinds: ${Object.keys(faultKinds).join(', ')}\n`;

function refuse(problem: string): never {
  process.stderr.write(`chaos: ${problem}\n  ${usage}`);
  process.exit(2);
}

function wholeNumber(name: string, text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : refuse(`--${name}: expected a whole number, got ${text}`);
}

function readKinds(text: string, store: StoreKind): FaultKind[] {
  const possible: readonly string[] = kindsFor(store);
  const names = text.split(',');
  const wrong = names.find((name) => !possible.includes(name));
  if (wrong !== undefined) refuse(`--kinds: ${wrong} is no fault of a run with --store ${store}`);
  return names as FaultKind[];
}

const options = {
  seed: { type: 'string', default: '1' },
  steps: { type: 'string', default: '200' },
  store: { type: 'string', default: 'file' },
  times: { type: 'string', default: '3' },
  kinds: { type: 'string' },
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function readOptions() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const values = readOptions();
if (values.help) {
  process.stdout.write(usage);
  process.exit();
}
const { store } = values;
if (store !== 'file' && store !== 's3') refuse(`--store: expected file or s3, got ${store}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  const report = await runChaos({
    seed: wholeNumber('seed', values.seed),
    steps: wholeNumber('steps', values.steps),
    times: wholeNumber('times', values.times),
    store,
    kinds: values.kinds === undefined ? undefined : readKinds(values.kinds, store),
    keep: values.keep,
    tell: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : `\n${reportText(report)}`);
  process.exitCode = report.identical && report.tooFew.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`chaos: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
