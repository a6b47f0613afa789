import { dirname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import { appEntries } from '../app-entries.js';
import type { CommandContext } from '../command-context.js';
import { countUpTo, s3AccessOf } from '../command-options.js';
import type { CommandLine } from '../terminal/command-line.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { watchInterrupt } from '../terminal/interrupt.js';
import { startLocalCluster } from '#cluster/local-cluster.js';
import { withModelOfWeights } from '../models/model-of-weights.js';
import { checkPlacesHere } from '../run/check-places.js';
import { leaveUp } from '../terminal/leave-up.js';
import { readRunDocument } from '../run/run-document.js';
import { recipeData } from '../run/recipe-data.js';
import { recipeNames, recipePlace, writeRecipe, type RecipeName } from '../run/recipes.js';
import { resumeRun } from '../run/resume-run.js';
import { nextSteps } from '../run/next-steps.js';
import { preparedText } from '../run/prepared-text.js';
import { runText } from '../run/run-text.js';
import { counted } from '../terminal/words.js';
import { trainLocally } from '../run/train-locally.js';

interface TrainOptions {
  readonly config?: string;
  readonly recipe?: RecipeName;
  readonly data?: string;
  readonly workers: number;
  readonly out: string;
  readonly keep?: boolean;
  /** True where no run is named. */
  readonly resume?: string | true;
}

export function addTrainCommand(train: Command, { terminal, environment, command }: CommandContext): Command {
  return train
    .option('--config <file>', 'run document, YAML or JSON')
    .addOption(
      new Option('--recipe <name>', 'write a run document to begin with to the file of --config, or run.yaml').choices(
        recipeNames,
      ),
    )
    .option('--data <place>', 'with --recipe: the data set to train on; what was held out beside it is evaluated')
    .option('--workers <n>', 'number of worker processes', countUpTo(256), 2)
    .option(
      '--out <dir>',
      'folder for checkpoints and logs; the `store` of the run document takes precedence',
      '.tandem',
    )
    .option(
      '--resume [run]',
      'go on with a run in the folder after its last committed step: the newest of the same name, or the one named',
    )
    .option('--keep', 'leave the coordinator and its page up when the run has ended, until Ctrl-C')
    .action(async ({ config, recipe, data, workers, out, resume, keep = false }: TrainOptions) => {
      if (recipe !== undefined) {
        const document = config ?? 'run.yaml';
        const named = await recipeData({ document, data, otherwise: recipePlace(recipe) }, s3AccessOf(environment));
        writeRecipe(recipe, document, named);
        const evaluated = named.heldOut === undefined ? '' : `, evaluated on ${named.heldOut}`;
        const next = `change it to what you have, then: ${command('train', '--config', document)}`;
        const text = `${document} is the recipe ${recipe}${evaluated}; ${next}`;
        return terminal.result({ recipe, written: document, ...named }, text);
      }
      if (config === undefined) throw noDocument(command);
      if (data !== undefined) throw dataInDocument(config);
      const read = await withModelOfWeights(readRunDocument(config), s3AccessOf(environment), terminal.say);
      const parsed = parseRunConfig(read, modelZoo);
      checkPlacesHere(parsed, { folder: dirname(resolve(config)), resumed: resume !== undefined });
      const document = { ...read, store: read.store ?? `file:${resolve(out, 'store')}` };
      const resumeCommand = command('train', '--config', config, '--out', out, '--resume');
      const logs = resolve(out, 'logs', `${document.name}-${timeName(new Date())}`);
      const interrupt = watchInterrupt();
      const cluster = await startLocalCluster({
        workers,
        entries: appEntries,
        store: `file:${resolve(out, 'store')}`,
        logs,
        environment,
        onWorkerLost: (message) => terminal.say(`  ${message}`),
      });
      try {
        terminal.say(
          `${document.name}: coordinator and ${counted(workers, 'worker')} on this machine, ` + `logs in ${logs}`,
        );
        terminal.say(`  Watch it: ${cluster.pageUrl}`);
        const { status } = await trainLocally({
          cluster,
          run: resume ? await resumeRun(cluster.api, parsed, resume) : document,
          resumeCommand,
          command,
          terminal,
          signal: interrupt.signal,
          onPrepared: (run) => terminal.say(preparedText(run)),
        });
        const next = nextSteps(status.best?.checkpoint ?? status.checkpoint ?? '', command);
        terminal.result(status, [runText(status), '', ...next.map((line) => `  ${line}`)].join('\n'));
        if (keep) await leaveUp({ cluster, terminal, signal: interrupt.signal });
      } finally {
        await cluster.stop();
        interrupt.close();
      }
    });
}

function noDocument(command: CommandLine): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: 'Train: expected --config FILE, a run document, got none',
    help: `${command('train', '--recipe', 'small')} writes one to begin with.`,
  });
}

function dataInDocument(config: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Train: expected --data together with --recipe only, got it with --config ${config}`,
    help: 'A run document names its data itself: data.train.',
  });
}

/** A moment as part of a file's name: 20260131-235959. Names in the order of time are in that order too. */
function timeName(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
