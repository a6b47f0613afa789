import { Option, type Command } from 'commander';
import type { KeyStatus, MadeKey, NewKey } from '#protocol/access/api-key.js';
import { scopes, type Scope } from '#protocol/access/scope.js';
import type { CommandContext } from '../command-context.js';
import { connect, countUpTo, unknownWord, withConnection, type ConnectionOptions } from '../command-options.js';
import { table } from '../terminal/table.js';

interface CreateOptions extends ConnectionOptions {
  readonly scope: Scope;
  readonly days?: number;
}

const json = ['--json', 'print the result as one JSON document'] as const;

/** `tandem keys`: who may call a coordinator. All of it needs a key of scope admin. */
export function addKeysCommand(keys: Command, context: CommandContext): Command {
  const { terminal } = context;
  withConnection(keys.command('list', { isDefault: true }).description('list all keys, with their scopes and last use'))
    .argument('[none...]', 'nothing: another word is an unknown command')
    .option(...json)
    .action(async (words: readonly string[], options: ConnectionOptions) => {
      if (words[0] !== undefined) throw unknownWord(words[0], keys);
      const listed = await connect(options, context).keys();
      terminal.result({ keys: listed }, keyTable(listed));
    });
  withConnection(keys.command('create').description('make a key, and show it once'))
    .argument('<name>', 'whose key it is, or what it is for')
    .addOption(
      new Option('--scope <scope>', 'what it may do: read; submit, which reads too; admin, which does all; worker')
        .choices(scopes)
        .makeOptionMandatory(),
    )
    .option('--days <n>', 'days after which it expires; never if left out', countUpTo(3650))
    .option(...json)
    .action(async (name: string, { scope, days, ...options }: CreateOptions) => {
      const wanted: NewKey = { name, scope, ...(days !== undefined && { days }) };
      const made = await connect(options, context).createKey(wanted);
      terminal.result(made, madeText(made));
    });
  withConnection(keys.command('revoke').description('end a key: it opens nothing any more'))
    .argument('<id>', 'id of a key, as the list shows it')
    .option(...json)
    .action(async (id: string, options: ConnectionOptions) => {
      await connect(options, context).revokeKey(id);
      terminal.result({ revoked: id }, `${id} is revoked`);
    });
  return keys;
}

function keyTable(keys: readonly KeyStatus[]): string {
  const rows = keys.map(({ id, name, scope, createdAt, expiresAt, expired, lastUsedAt }) => [
    ...[id, name, scope, timeText(createdAt, '-'), expired ? 'expired' : timeText(expiresAt, 'never')],
    timeText(lastUsedAt, 'never'),
  ]);
  return table([['key', 'name', 'scope', 'made', 'expires', 'last used'], ...rows]);
}

function madeText({ id, name, scope, expiresAt, key }: MadeKey): string {
  const expiry = expiresAt === null ? 'never expires' : `expires ${timeText(expiresAt, '')}`;
  return [`${id} for ${name}, scope ${scope}, ${expiry}.`, `The key, shown only this once: ${key}`].join('\n');
}

/** `2026-01-31 23:59` in UTC. */
function timeText(at: string | null, otherwise: string): string {
  return at === null ? otherwise : at.slice(0, 16).replace('T', ' ');
}
