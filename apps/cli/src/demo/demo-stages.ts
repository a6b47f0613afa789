import type { Terminal } from '../terminal/terminal.js';
import { wrapped } from '../terminal/words.js';

/** The stages of a command, with a line for each that says what was done and how long it took. */
export interface Stages {
  /** Do some work, which may report its progress. `describe` says in a few words what the outcome was. */
  run<T>(
    name: string,
    work: (progress: (text: string) => void) => Promise<T>,
    describe: (result: T) => string,
  ): Promise<T>;
  /** Print a line for a stage without work. */
  note(name: string, text: string): void;
  /** Explain something about the stage above, in as many lines as it takes. */
  explain(text: string): void;
}

const nameWidth = 11;
/** Longer lines are hard to read. */
const explanationColumnsMax = 84;

export function openStages(terminal: Terminal): Stages {
  const line = (name: string, text: string): string => `  ${terminal.dim(name.padEnd(nameWidth))}${text}`;
  return {
    async run(name, work, describe) {
      terminal.update(line(name, '…'));
      const startedMs = performance.now();
      const result = await work((text) => terminal.update(line(name, text))).finally(() => terminal.update(''));
      const seconds = (performance.now() - startedMs) / 1000;
      terminal.say(
        line(
          name,
          `${describe(result)} ${terminal.dim(`(${seconds < 9.95 ? seconds.toFixed(1) : seconds.toFixed(0)} s)`)}`,
        ),
      );
      return result;
    },
    note: (name, text) => terminal.say(line(name, text)),
    explain(text) {
      const columns = Math.min(explanationColumnsMax, terminal.columns() - nameWidth - 3);
      for (const one of wrapped(text, columns)) terminal.say(line('', terminal.dim(one)));
    },
  };
}
