import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { addScalingCommand } from '../scaling/scaling-command.js';
import { addCompareCommand } from './compare-command.js';
import { addFewShotCommand } from './few-shot-command.js';
import { addLinearProbeCommand } from './linear-probe-command.js';
import { addRetrievalCommand } from './retrieval-command.js';
import { addZeroShotCommand } from './zero-shot-command.js';

/** `tandem evaluate`: what a model is worth, as the CLIP paper measures it. */
export function addEvaluateCommand(evaluate: Command, context: CommandContext): Command {
  const threads = availableParallelism();
  const named = (name: string, description: string): Command =>
    evaluate.command(name).description(description).option('--json', 'print the result as one JSON document');
  addZeroShotCommand(named('zero-shot', 'classify images by the names of their classes alone'), context, threads);
  addLinearProbeCommand(named('linear-probe', 'fit a linear classifier to image features'), context, threads);
  addFewShotCommand(
    named('few-shot', 'fit linear classifiers to a few images of each class, beside zero-shot'),
    context,
    threads,
  );
  addRetrievalCommand(named('retrieval', 'find the caption of an image, and the image of a caption'), context, threads);
  addCompareCommand(named('compare', 'draw the accuracy of several models against their cost'), context, threads);
  addScalingCommand(named('scaling', 'train on shares of the data, and draw accuracy against data'), context);
  return evaluate;
}
