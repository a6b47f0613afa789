import type { Redis } from 'ioredis';
import { names } from '../pool/presence.js';

/** What a user of Redis may not do of what a pool needs, as rules of an ACL; and what the server does not know. */
export interface MissingRights {
  readonly rules: readonly string[];
  readonly unknownCommands: readonly string[];
}

/**
 * Every command that Tandem gives, and that the scripts of BullMQ give which it uses, with words enough to be accepted.
 * KEY is a key of the pool. docs/security.md has the same list.
 */
const commands = [
  ...['GET KEY', 'SET KEY 1', 'DEL KEY', 'EXISTS KEY', 'INCR KEY', 'PTTL KEY', 'PEXPIRE KEY 1', 'RENAME KEY KEY'],
  ...['HGET KEY 1', 'HSET KEY 1 1', 'HDEL KEY 1', 'HMGET KEY 1', 'HMSET KEY 1 1', 'HGETALL KEY', 'HEXISTS KEY 1'],
  ...['HINCRBY KEY 1 1', 'LINDEX KEY 0', 'LLEN KEY', 'LPUSH KEY 1', 'LRANGE KEY 0 0', 'LREM KEY 0 1'],
  ...['LTRIM KEY 0 0', 'RPOP KEY', 'RPOPLPUSH KEY KEY', 'RPUSH KEY 1', 'SADD KEY 1', 'SCARD KEY', 'SMEMBERS KEY'],
  ...['SREM KEY 1', 'XADD KEY * 1 1', 'XTRIM KEY MAXLEN 1', 'ZADD KEY 1 1', 'ZCARD KEY', 'ZCOUNT KEY 0 1'],
  ...['ZPOPMIN KEY', 'ZRANGE KEY 0 1', 'ZRANGEBYSCORE KEY 0 1', 'ZREM KEY 1', 'ZREMRANGEBYRANK KEY 0 1'],
  ...['ZREMRANGEBYSCORE KEY 0 1', 'ZREVRANGE KEY 0 1', 'ZREVRANGEBYSCORE KEY 1 0', 'ZSCORE KEY 1', 'BZPOPMIN KEY 1'],
  ...['EVAL 1 1 KEY', 'EVALSHA 1 1 KEY', 'CLIENT SETNAME 1'],
].map((line) => line.split(' '));

/**
 * Finds out without changing anything: the commands are queued in a transaction, where Redis checks them against the
 * user's rules, and the transaction is discarded. Keys start with `prefix`.
 */
export async function missingRights(client: Redis, prefix: string): Promise<MissingRights> {
  const begun = await answerOf(client, 'MULTI', []);
  if (begun !== undefined) return rightsIn([['MULTI', begun]], prefix);
  const trials: readonly (readonly [string, ...string[]])[] = [
    ...commands.map(([command = '', ...words]): [string, ...string[]] => [
      command,
      ...words.map((word) => (word === 'KEY' ? `${prefix}:${names.tasks}:trial` : word)),
    ]),
    ...[names.workers, names.coordinator, names.leader].map((name): [string, ...string[]] => ['GET', name(prefix)]),
  ];
  const answers = await Promise.all([
    ...trials.map(async ([command, ...words]) => {
      const rule = command === 'CLIENT' ? `${command}|${words[0]}` : command;
      return [rule, await answerOf(client, command, words)] as const;
    }),
    answerOf(client, 'DISCARD', []).then((answer) => ['DISCARD', answer] as const),
  ]);
  return rightsIn(answers, prefix);
}

/** The rule that a refusal asks for; undefined if it is none of the ACL's. `GET` refused for its key: `~tandem:*`. */
export function missingRule(command: string, refusal: string, prefix: string): string | undefined {
  if (!refusal.startsWith('NOPERM')) return undefined;
  return /\bkeys?\b/.test(refusal) ? `~${prefix}:*` : `+${command.toLowerCase()}`;
}

function rightsIn(answers: readonly (readonly [string, string | undefined])[], prefix: string): MissingRights {
  const refused = answers.flatMap(([command, answer]) => (answer === undefined ? [] : [{ command, answer }]));
  const rules = refused.map(({ command, answer }) => missingRule(command, answer, prefix)).filter((rule) => rule);
  const unknown = refused.filter(({ answer }) => /unknown command/i.test(answer)).map(({ command }) => command);
  return { rules: [...new Set(rules as string[])], unknownCommands: [...new Set(unknown)] };
}

/** What Redis says against a command, if it does. */
async function answerOf(client: Redis, command: string, words: readonly string[]): Promise<string | undefined> {
  try {
    await client.call(command, ...words);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
