import type { Command } from 'commander';
import type { AuditEntry } from '#protocol/access/audit-entry.js';
import type { CommandContext } from '../command-context.js';
import { connect, countUpTo, withConnection, type ConnectionOptions } from '../command-options.js';
import { table } from '../terminal/table.js';

interface AuditOptions extends ConnectionOptions {
  readonly limit: number;
}

/** Entries that the coordinator gives in one page. */
const pageMax = 1000;

export function addAuditCommand(command: Command, context: CommandContext): Command {
  return withConnection(command)
    .option('--limit <n>', 'entries at most', countUpTo(1_000_000), 100)
    .action(async ({ limit, ...options }: AuditOptions) => {
      const api = connect(options, context);
      const entries: AuditEntry[] = [];
      for (let before: number | null | undefined; before !== null && entries.length < limit;) {
        const page = await api.audit(Math.min(pageMax, limit - entries.length), before);
        entries.push(...page.entries);
        before = page.next;
      }
      context.terminal.result({ entries }, auditTable(entries));
    });
}

function auditTable(entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ at, key, session, address, action, subject, status, reason }) => [
    ...[at.slice(0, 19).replace('T', ' '), `${key.name} (${key.id})${session ? ', page' : ''}`, address],
    ...[status === null ? '-' : String(status), action, [subject ?? '', reason ?? ''].join(' ').trimEnd()],
  ]);
  return table([['time', 'key', 'address', 'status', 'action', 'run or key'], ...rows]);
}
