import type { CommandLine } from '../terminal/command-line.js';
import { placeText } from '../terminal/place-text.js';

/** The command that asks a checkpoint about an image. */
export function predictCommand(checkpoint: string, command: CommandLine): string {
  return `${command('predict', '--checkpoint', placeText(checkpoint), '--image')} FILE --labels "a cat,a dog"`;
}

/** What can be done with a model that is trained, a line each. */
export function nextSteps(checkpoint: string, command: CommandLine): string[] {
  return [
    `ask it:     ${predictCommand(checkpoint, command)}`,
    `browsers:   ${command('export', placeText(checkpoint), '--onnx', 'my-clip')}`,
    `Python:     ${command('convert', placeText(checkpoint), 'clip-hf', '--format', 'huggingface')}`,
  ];
}
