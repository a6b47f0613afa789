import type { Command } from 'commander';
import type { CommandContext } from '../command-context.js';
import { connect, isElsewhere, s3AccessOf, withConnection, type ConnectionOptions } from '../command-options.js';
import { followRun, runFailure } from '../run/follow-run.js';
import { watchInterrupt } from '../terminal/interrupt.js';
import { withModelOfWeights } from '../models/model-of-weights.js';
import { readRunDocument } from '../run/run-document.js';
import { runText } from '../run/run-text.js';

interface SubmitOptions extends ConnectionOptions {
  readonly follow?: boolean;
  readonly idempotencyKey?: string;
}

export function addSubmitCommand(command: Command, context: CommandContext): Command {
  command
    .argument('<file>', 'run document, YAML or JSON')
    .option(
      '--idempotency-key <key>',
      'submitting the same document with the same key again gives the same run, for scripts that may run twice',
    )
    .option('--follow', 'show progress until the run ends; Ctrl-C cancels it');
  return withConnection(command).action(async (file: string, options: SubmitOptions) => {
    const { terminal } = context;
    const api = connect(options, context);
    const submitted = await api.submit(
      await withModelOfWeights(
        readRunDocument(file, { elsewhere: isElsewhere(api) ? api.url : undefined }),
        s3AccessOf(context.environment),
        terminal.say,
      ),
      options.idempotencyKey,
    );
    if (!options.follow)
      return terminal.result(
        submitted,
        `${submitted.id} ${submitted.state}; \`${context.command('status', submitted.id)}\` shows it`,
      );
    const interrupt = watchInterrupt();
    try {
      const { status } = await followRun({ api, id: submitted.id, terminal, signal: interrupt.signal });
      const failure = runFailure(status, {
        resume: context.command('runs', 'resume', submitted.id),
        command: context.command,
      });
      if (failure) throw failure;
      terminal.result(status, runText(status));
    } finally {
      interrupt.close();
    }
  });
}
