import { SetupError, findProgram, run, timed } from './run.mjs';

const servers = ['redis-server', 'valkey-server'];

/**
 * How to install Redis with each package manager, in the order they are tried. Homebrew refuses to run as root; the
 * others require it.
 */
const managers = [
  {
    program: 'apt-get',
    asRoot: true,
    commands: [
      ['apt-get', 'update', '-qq'],
      ['apt-get', 'install', '-qq', '-y', '--no-install-recommends', 'redis-server'],
    ],
  },
  { program: 'dnf', asRoot: true, commands: [['dnf', 'install', '-q', '-y', 'redis']] },
  { program: 'apk', asRoot: true, commands: [['apk', 'add', '-q', 'redis']] },
  { program: 'pacman', asRoot: true, commands: [['pacman', '-Sy', '--noconfirm', '--quiet', 'valkey']] },
  { program: 'brew', asRoot: false, commands: [['brew', 'install', '--quiet', 'redis']] },
];

/** Makes sure there is a Redis: REDIS_URL, a server program on PATH, or else one installed now by a package manager. */
export async function ensureRedis() {
  if (process.env.REDIS_URL || servers.some(findProgram)) return;
  const isRoot = process.getuid?.() === 0;
  const manager = managers.find(({ program, asRoot }) => asRoot === isRoot && findProgram(program));
  if (manager) {
    await timed(`Installing Redis with ${manager.program}`, () => {
      for (const [program, ...args] of manager.commands) {
        run(program, args, { env: { DEBIAN_FRONTEND: 'noninteractive' }, what: 'Installing Redis' });
      }
    });
    if (servers.some(findProgram)) return;
  }
  throw new SetupError(
    'Tandem needs Redis: none in REDIS_URL, no redis-server or valkey-server on PATH, and no ' +
      'package manager to install one with' +
      `${isRoot ? '' : ' (not root)'}.\n  Install it (Debian, Ubuntu: sudo apt-get install ` +
      'redis-server; macOS: brew install redis), or set REDIS_URL=redis://HOST:6379.',
  );
}
