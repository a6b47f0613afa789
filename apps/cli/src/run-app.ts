import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { appEntries } from './app-entries.js';

/** Make a command start one of the apps, which then reads the flags itself, --help included. */
export function runApp(command: Command, app: 'coordinator' | 'worker'): Command {
  return command
    .allowUnknownOption()
    .helpOption(false)
    .argument('[flags...]', `see tandem ${app} --help`)
    .action(async (flags: readonly string[]) => {
      process.argv.splice(2, Infinity, ...flags);
      await import(pathToFileURL(appEntries[app]).href);
    });
}
