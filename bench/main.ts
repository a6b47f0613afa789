import { parseArgs } from 'node:util';
import { chosenFigures, reaches, type Figure, type Measurement } from './figure.js';
import { figures, gpuFigures } from './figures.js';
import { inFreshProcess } from './fresh-process.js';
import { failureLine, headLine, jsonLine, resultLine } from './results.js';

const help = `npm run bench [-- [--json] [--gpu] [NAME…]]

Measures figures, each against a reference in the same run, and says whether each reaches its bar. NAME is the name of
a figure or the part before a slash, which stands for all figures that begin with it. With --json, stdout gets a line
of {name, value, unit, reference, ratio} for each figure, and stderr gets the table. The exit code is 1 where a figure
misses its bar or cannot be measured. MatMul is ONNX Runtime's own float32 matmul of 2048 × 2048 matrices; N is the
batch and b the micro-batch.

${describe(figures)}

With --gpu:

${describe(gpuFigures)}
`;

function describe(some: readonly Figure[]): string {
  return some.map(({ name, about }) => `  ${name.padEnd(26)} ${about}`).join('\n');
}

interface Output {
  /** Print a line for people. */
  say(line: string): void;
  measured(measurement: Measurement): void;
}

/** Measure the chosen figures, module by module. Returns whether every one of them reaches its bar. */
async function bench(chosen: readonly Figure[], { say, measured }: Output): Promise<boolean> {
  say(headLine());
  let passed = true;
  for (const module of new Set(chosen.map((figure) => figure.module))) {
    const waiting = new Map(chosen.filter((figure) => figure.module === module).map((figure) => [figure.name, figure]));
    const fail = (reason: string): void => {
      for (const figure of waiting.values()) say(failureLine(figure, reason));
      passed = false;
    };
    try {
      for await (const measurement of inFreshProcess<Measurement>(new URL(`./figures/${module}.js`, import.meta.url))) {
        const figure = waiting.get(measurement.name);
        if (!figure) continue;
        waiting.delete(figure.name);
        measured(measurement);
        say(resultLine(figure, measurement));
        passed &&= reaches(figure.bar, measurement);
      }
      if (waiting.size > 0) fail('it was not measured');
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error));
    }
  }
  return passed;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean' }, gpu: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) return void process.stdout.write(help);
  const people = values.json ? process.stderr : process.stdout;
  const passed = await bench(chosenFigures(values.gpu ? gpuFigures : figures, positionals), {
    say: (line) => people.write(`${line}\n`),
    measured: (measurement) => values.json && process.stdout.write(`${jsonLine(measurement)}\n`),
  });
  process.exitCode = passed ? 0 : 1;
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
