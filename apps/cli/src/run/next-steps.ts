import { fileURLToPath } from 'node:url';
import type { CommandLine } from '../terminal/command-line.js';

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

/** A store's URL as people type it: the path where it is one of this machine. */
function placeText(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return url.replace(/^file:/, '');
}
