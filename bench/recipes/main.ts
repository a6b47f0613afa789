import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareEmojiDatasets } from '#data/prepare/emoji/emoji-datasets.js';
import { openClipModel } from '#inference/clip-model.js';
import { evaluateZeroShot } from '#inference/zero-shot-evaluation.js';
import { openStore } from '#store/open-store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { cpuSecondsOf } from '../turns.js';
import { openCpu } from '../workload/cpu.js';
import { trainInOneProcess, type TrainedRun } from '../workload/pool/one-process.js';
import { changed } from './changed.js';
import { variants } from './variants.js';

const help = `npm run recipes [-- [--seconds N] [--out FOLDER] [NAME…]]

Trains the demo's recipe with one change at a time, each for the same CPU time, and says what comes of it: zero-shot
accuracy in a style that was held out and in one that was seen. The style held out here is one of the demo's training
styles, because the demo's own must not decide on anything. Every result is a line of FOLDER/results.jsonl.

--seconds  CPU seconds of training, all threads together; 400 if left out: what the demo has on two cores
--out      where data and results go; demo/out/recipes if left out
NAME       the variants to try, all if left out: ${Object.keys(variants).join(', ')}
`;

const heldOutStyle = 'fluent-emoji-flat';
/** Steps that tell how long a step takes. The first ones compile. */
const trialSteps = 10;
/** CPU time that the pool takes for each step beside what one process takes. */
const poolSeconds = 0.12;

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '400' },
    out: { type: 'string', default: 'demo/out/recipes' },
    help: { type: 'boolean' },
  },
  allowPositionals: true,
});
if (values.help) process.stdout.write(help);
else await tryRecipes(Number(values.seconds), values.out, positionals);

async function tryRecipes(seconds: number, out: string, asked: readonly string[]): Promise<void> {
  const unknown = asked.find((name) => !(name in variants));
  if (unknown !== undefined || !(seconds > 0)) throw new Error(`expected variants and seconds, see --help`);
  await mkdir(out, { recursive: true });
  const [train, heldOut, seen] = ['train', 'held-out', 'seen'].map((part) => openStore(join(out, part)));
  const data = { packages: join('demo', 'node_modules'), train: train!, heldOut: heldOut!, seen: seen! };
  if ((await train!.size('dataset.json')) === undefined)
    await prepareEmojiDatasets({ ...data, heldOutInstead: heldOutStyle });
  const recipe = parse(await readFile(join('demo', 'run.yaml'), 'utf8')) as RunConfigInput;
  const device = await openCpu();
  for (const name of asked.length > 0 ? asked : Object.keys(variants)) {
    const document = changed(recipe, variants[name]!, join(out, 'train'));
    const trial = await cpuSecondsOf(() => trainInOneProcess(device, withSteps(document, trialSteps)));
    const long = await cpuSecondsOf(() => trainInOneProcess(device, withSteps(document, 3 * trialSteps)));
    const stepSeconds = (long - trial) / (2 * trialSteps) + poolSeconds;
    const steps = Math.round(seconds / stepSeconds);
    const run = await trainInOneProcess(device, withSteps(document, steps));
    const accuracy = await Promise.all([heldOut!, seen!].map((store) => accuracyOf(run, document, store)));
    const result = {
      name,
      steps,
      stepSeconds: Number(stepSeconds.toFixed(3)),
      heldOut: accuracy[0],
      seen: accuracy[1],
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    await appendFile(join(out, 'results.jsonl'), `${JSON.stringify(result)}\n`);
  }
  await device.close();

  async function accuracyOf(
    { config, tokenizer, state }: TrainedRun,
    { evaluation }: RunConfigInput,
    store: typeof train,
  ) {
    const model = await openClipModel({
      config: config.model,
      parameters: float32Values(state.parameters),
      tokenizer,
      device,
    });
    const { templates = ['{}'] } = evaluation?.zeroShot?.[0] ?? {};
    const { result } = await evaluateZeroShot(model, await openDataset(store!), {
      name: 'recipe',
      templates,
      step: state.step,
    });
    await model.close();
    return [result.top1, result.top5].map((share) => `${(100 * share).toFixed(1)} %`).join(' / ');
  }
}

/** The warm-up of a short run is short. */
function withSteps(document: RunConfigInput, steps: number): RunConfigInput {
  const warmupSteps = Math.min(document.schedule?.warmupSteps ?? 0, Math.floor(steps / 5));
  return { ...document, steps, schedule: { ...document.schedule, warmupSteps } };
}
