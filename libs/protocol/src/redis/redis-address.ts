/** Where a Redis is and who asks, as a URL says it. */
export type RedisAddress = Login &
  (
    | { readonly kind: 'server'; readonly host: Host; readonly tls: boolean; readonly database: number }
    | { readonly kind: 'socket'; readonly path: string; readonly database: number }
    | {
        readonly kind: 'sentinel';
        readonly sentinels: readonly Host[];
        /** The name by which the Sentinels know the servers. */
        readonly masterName: string;
        readonly sentinelUsername: string | undefined;
        readonly sentinelPassword: string | undefined;
        readonly tls: boolean;
        readonly database: number;
      }
  );

interface Login {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** 4 or 6 for addresses of one kind only. */
  readonly family: number | undefined;
}

export interface Host {
  readonly host: string;
  readonly port: number;
}

export const redisForms =
  'redis://HOST:PORT, rediss:// for TLS, unix:///PATH or redis+sentinel://HOST:PORT,HOST:PORT/NAME';

const parts = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/i;
const schemes: Readonly<Record<string, { readonly kind: RedisAddress['kind']; readonly tls: boolean }>> = {
  redis: { kind: 'server', tls: false },
  rediss: { kind: 'server', tls: true },
  unix: { kind: 'socket', tls: false },
  'redis+sentinel': { kind: 'sentinel', tls: false },
  'rediss+sentinel': { kind: 'sentinel', tls: true },
};
const options = {
  server: ['db', 'family', 'username', 'password'],
  socket: ['db', 'username', 'password'],
  sentinel: ['db', 'family', 'username', 'password', 'sentinel_username', 'sentinel_password'],
} as const;
const usualPort = { server: 6379, sentinel: 26_379 } as const;

/**
 * Reads REDIS_URL. Throws an Error that says what was expected in which part, and shows nothing of the URL, which may
 * hold a password.
 */
export function redisAddress(url: string): RedisAddress {
  const [, scheme = '', login, authority = '', path = '', query = ''] = parts.exec(url) ?? [];
  if (/^rediss?\+cluster$/i.test(scheme)) refuse('a single server or Sentinels: a Redis Cluster is not supported');
  const { kind, tls } = schemes[scheme.toLowerCase()] ?? refuse(`${redisForms}${reservedNote(url)}`);
  const given = new URLSearchParams(query);
  for (const name of given.keys())
    if (!(options[kind] as readonly string[]).includes(name))
      refuse(`no other options after the ? than ${options[kind].join(', ')}`);
  const who = {
    ...loginOf(login, given),
    family: numberOr(undefined, given.get('family'), 'family=4 or family=6', (family) => family === 4 || family === 6),
  };
  const steps = path.split('/').slice(1).filter(Boolean);
  switch (kind) {
    case 'socket':
      if (authority !== '' || steps.length === 0) refuse('unix:///PATH, with the absolute path of a socket');
      return { kind, ...who, path: decoded(path), database: databaseOf(given.get('db')) };
    case 'server': {
      if (steps.length > 1) refuse('nothing after the number of a database, as redis://HOST:PORT/0');
      const hosts = hostsOf(authority || 'localhost', usualPort[kind]);
      if (hosts.length > 1) refuse('one HOST:PORT; several are redis+sentinel://…/NAME');
      return { kind, ...who, tls, host: hosts[0]!, database: databaseOf(steps[0] ?? given.get('db')) };
    }
    case 'sentinel': {
      const [masterName, database, ...rest] = steps;
      if (masterName === undefined || rest.length > 0)
        refuse('redis+sentinel://HOST:PORT,HOST:PORT/NAME, where NAME is how the Sentinels call the servers');
      return {
        kind,
        ...who,
        tls,
        sentinels: hostsOf(authority, usualPort[kind]),
        masterName: decoded(masterName),
        sentinelUsername: given.get('sentinel_username') ?? undefined,
        sentinelPassword: given.get('sentinel_password') ?? undefined,
        database: databaseOf(database ?? given.get('db')),
      };
    }
  }
}

/** The address as it may be shown, with its user but no password. */
export function shownAddress(address: RedisAddress): string {
  const login = address.password === undefined ? (address.username ?? '') : `${address.username ?? ''}:***`;
  const at = login === '' ? '' : `${login}@`;
  switch (address.kind) {
    case 'server':
      return `${address.tls ? 'rediss' : 'redis'}://${at}${shownHost(address.host)}${shownDatabase(address.database)}`;
    case 'socket':
      return `unix://${at}${address.path}${address.database === 0 ? '' : `?db=${address.database}`}`;
    case 'sentinel': {
      const { tls, sentinels, masterName, database } = address;
      return (
        `${tls ? 'rediss' : 'redis'}+sentinel://${at}${sentinels.map(shownHost).join(',')}/${masterName}` +
        shownDatabase(database)
      );
    }
  }
}

export function shownHost({ host, port }: Host): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function shownDatabase(database: number): string {
  return database === 0 ? '' : `/${database}`;
}

function refuse(expected: string): never {
  throw new Error(`expected ${expected}`);
}

/** A password with a slash in it, say, ends the part that it belongs to. */
function reservedNote(url: string): string {
  return url.includes('@') ? '; before the @, write / ? # % as %2F %3F %23 %25' : '';
}

function loginOf(login: string | undefined, given: URLSearchParams): Pick<Login, 'username' | 'password'> {
  const [, user = '', secret] = /^([^:]*)(?::(.*))?$/s.exec(login ?? '') ?? [];
  return {
    username: (user === '' ? undefined : decoded(user)) ?? given.get('username') ?? undefined,
    password: (secret === undefined ? undefined : decoded(secret)) ?? given.get('password') ?? undefined,
  };
}

function hostsOf(authority: string, port: number): Host[] {
  return authority.split(',').map((text) => {
    const [, v6, name, given] = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]]+))(?::(.*))?$/i.exec(text) ?? [];
    const host = v6 ?? name ?? refuse('HOST:PORT, with an IPv6 address in brackets');
    const chosen = numberOr(port, given, 'a port from 1 to 65535 after the host', (one) => one >= 1 && one <= 65_535);
    return { host, port: chosen };
  });
}

function databaseOf(text: string | null | undefined): number {
  return numberOr(0, text, 'the number of a database, as in redis://HOST:PORT/0', () => true);
}

function numberOr<None>(
  none: None,
  text: string | null | undefined,
  expected: string,
  fits: (value: number) => boolean,
): number | None {
  if (text === null || text === undefined) return none;
  return /^\d{1,9}$/.test(text) && fits(Number(text)) ? Number(text) : refuse(expected);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('a % that is no code, in a user, password or name, to be written %25');
  }
}
