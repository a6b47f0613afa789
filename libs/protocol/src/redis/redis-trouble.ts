import { isUnfitCertificate, isUnknownIssuer } from '../certificate-errors.js';
import { ErrorCode, TandemError } from '../tandem-error.js';
import { shownAddress, type RedisAddress } from './redis-address.js';

interface Cause {
  readonly fits: (error: Facts, address: RedisAddress) => boolean;
  readonly help: (address: RedisAddress) => string;
}

interface Facts {
  readonly code: string;
  readonly message: string;
}

const usesTls = (address: RedisAddress): boolean => address.kind !== 'socket' && address.tls;

const causes: readonly Cause[] = [
  {
    fits: ({ message }) => /WRONGPASS|NOAUTH|invalid (username|password)|AUTH <password> called/i.test(message),
    help: ({ kind, username }) =>
      `Set the password of ${username === undefined ? 'Redis' : `the user ${username}`} in REDIS_URL: before the ` +
      'host stands USER:PASSWORD@, or :PASSWORD@ without a user, with / ? # % in it written as %2F %3F %23 %25.' +
      (kind === 'sentinel' ? ' That of the Sentinels, if they have one, is ?sentinel_password=PASSWORD.' : ''),
  },
  {
    fits: ({ code, message }) => isUnknownIssuer(code) || /self[- ]signed certificate|unable to verify/.test(message),
    help: () =>
      'Nobody whom Node knows has signed its certificate. Name the file of those who have (PEM) in TANDEM_REDIS_CA, ' +
      'or in NODE_EXTRA_CA_CERTS.',
  },
  {
    fits: ({ code, message }) => isUnfitCertificate(code) || message.includes('altnames'),
    help: () => 'Its certificate is for other hosts or out of date. Use the host that it names, or renew it.',
  },
  {
    // Redis never answers the first message of TLS at a port without it.
    fits: ({ code, message }, address) =>
      usesTls(address) && (code === 'EPROTO' || /wrong version number|no answer within/.test(message)),
    help: () => 'Perhaps it does not speak TLS at this port. Use redis:// in place of rediss://, or its port for TLS.',
  },
  {
    fits: ({ code, message }, address) =>
      (code === 'ECONNRESET' || message === 'Connection is closed.') && !usesTls(address),
    help: () => 'Something closes the connection: a port for TLS, for which write rediss://, or no Redis at all.',
  },
  {
    fits: ({ code }) => code === 'EMFILE' || code === 'ENFILE',
    help: () => 'Too many files are open. Raise the limit: ulimit -n 4096.',
  },
  {
    fits: ({ code }, { kind }) => kind === 'socket' && ['ENOENT', 'EACCES', 'ENOTSOCK'].includes(code),
    help: () => 'Give the path of the socket of Redis (unixsocket in its configuration), which this user may open.',
  },
  {
    fits: ({ message }, { kind }) => kind === 'sentinel' && message.includes('invalid reply: null'),
    help: () =>
      'The Sentinels know no servers by this name: redis-cli -p 26379 SENTINEL masters lists those they know.',
  },
  {
    fits: ({ message }, { kind }) => kind === 'sentinel' && message.includes("unknown command 'sentinel'"),
    help: () => 'It is no Sentinel. Give the port of a Sentinel (26379), or redis://HOST:PORT for a single server.',
  },
];

const away: Cause = {
  fits: () => true,
  help: () => 'Start it (redis-server, or apt-get install redis-server) or set REDIS_URL to a Redis that runs.',
};

/** What stands between this process and Redis, said with the address and the cure. */
export function redisUnreachable(address: RedisAddress, thrown: unknown): TandemError {
  const facts = factsOf(thrown);
  const cause = causes.find(({ fits }) => fits(facts, address)) ?? away;
  return new TandemError({
    code: ErrorCode.TransportFailed,
    message: `Redis: expected an answer from ${shownAddress(address)} (REDIS_URL), got ${facts.message}`,
    help: cause.help(address),
    retryable: true,
    cause: thrown,
  });
}

function factsOf(thrown: unknown): Facts {
  if (!(thrown instanceof Error)) return { code: '', message: String(thrown) };
  const { code, lastNodeError } = thrown as Error & { code?: unknown; lastNodeError?: Error };
  if (lastNodeError) return factsOf(lastNodeError);
  const name = typeof code === 'string' ? code : '';
  return { code: name, message: thrown.message || name || thrown.name };
}
