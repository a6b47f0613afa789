import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { appEntries } from './app-entry.js';

/** A command that becomes one of the apps: its flags, --help among them, are the app's own. */
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
