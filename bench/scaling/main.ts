import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { inFreshProcess, onlyValue } from '../fresh-process.js';
import { curveChart, type Panel } from './curve-chart.js';
import { machines, workloads, type Curve } from './curve.js';
import { compareWithPool } from './measure/compare.js';
import { comparison, workloadSection } from './tables.js';

const help = `npm run scaling [-- --measure]

Simulates training steps on pools of 1 to 512 workers, with the rates of bench/scaling/machines.ts, and writes the
tables and the curve of docs/scaling.md. Takes some minutes.

With --measure, it measures this machine's rates, takes steps on a real pool of two workers, and prints them beside the
simulated ones instead.
`;

const docs = (name: string): string => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
const mark = '<!-- npm run scaling writes what follows. -->';

async function writePage(): Promise<void> {
  const pools = workloads.flatMap((workload) => machines.map((machine) => ({ workload, machine })));
  const simulated = await pMap(
    pools,
    async (pool) => {
      const module = new URL('./curve.js', import.meta.url);
      return { ...pool, curves: await onlyValue(inFreshProcess<Curve[]>(module, pool)) };
    },
    { concurrency: availableParallelism() },
  );
  const panels = workloads.map((workload): Panel => {
    const curves = simulated.filter((pool) => pool.workload === workload).flatMap((pool) => pool.curves);
    return { workload, curves };
  });
  const page = await readFile(docs('scaling.md'), 'utf8');
  const [kept] = page.split(mark);
  const sections = panels.map(({ workload, curves }) => workloadSection(workload, curves));
  const ratios = panels.map(({ workload, curves }) => comparison(workload, curves));
  const text = [...sections, ...ratios].map((lines) => lines.join('\n')).join('\n\n');
  await writeFile(docs('scaling.md'), `${kept}${mark}\n\n${text}\n`);
  await writeFile(docs('scaling.svg'), curveChart(panels));
}

const { values } = parseArgs({ options: { measure: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) process.stdout.write(help);
else if (values.measure) for await (const line of compareWithPool()) process.stdout.write(`${line}\n`);
else await writePage();
