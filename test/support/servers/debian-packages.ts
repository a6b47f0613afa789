import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface DebianPackages {
  /** What they are for, to people. */
  readonly title: string;
  /** The folder of the user's cache they are unpacked in. */
  readonly folder: string;
  readonly packages: readonly string[];
  readonly dependencies: boolean;
  /** The files that are wanted, `./usr/…`; all of them if left out. */
  readonly only?: readonly string[];
  /** A file, within the folder, that is there when they are. */
  readonly marker: string;
}

/** 70 MB of packages at most. */
const downloadLimitMs = 300_000;

const run = promisify(execFile);

/** Programs from Debian's packages, fetched once and unpacked in the user's cache: nothing is installed. */
export async function unpackDebian(wanted: DebianPackages): Promise<{ root: string } | { reason: string }> {
  if (process.platform !== 'linux') return { reason: `${wanted.title} are for Linux, not ${process.platform}` };
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tandem', wanted.folder);
  if (await isThere(join(root, wanted.marker))) return { root };
  try {
    await fetchInto(root, wanted);
    return { root };
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== ''
        ? error.stderr
        : String(error);
    return { reason: `${wanted.title} cannot be had by apt-get: ${said.trim().split('\n').slice(0, 2).join(' ')}` };
  }
}

/** Unpacked beside and renamed into place, so that what is there is whole and two test runs do not meet. */
async function fetchInto(root: string, { packages, dependencies, only = [], marker }: DebianPackages): Promise<void> {
  await mkdir(dirname(root), { recursive: true });
  const work = await mkdtemp(`${root}-`);
  try {
    const debs = join(work, 'debs');
    const unpacked = join(work, 'root');
    for (const folder of [join(debs, 'partial'), join(work, 'lists/partial'), unpacked])
      await mkdir(folder, { recursive: true });
    const apt = [
      `Dir::Cache::archives=${debs}`,
      `Dir::State::lists=${join(work, 'lists')}`,
      'Debug::NoLocking=1',
      'APT::Sandbox::User=',
      'Acquire::Retries=1',
      'Acquire::http::Timeout=20',
    ];
    const aptGet = (...args: string[]): Promise<unknown> =>
      run('apt-get', ['-qq', '-y', ...apt.flatMap((option) => ['-o', option]), ...args], {
        timeout: downloadLimitMs,
        cwd: debs,
      });
    await aptGet('-o', 'APT::Update::Error-Mode=any', 'update');
    if (dependencies) await aptGet('--download-only', '--no-install-recommends', 'install', ...packages);
    else await aptGet('download', ...packages);
    for (const name of await readdir(debs)) {
      if (!name.endsWith('.deb')) continue;
      const tar = join(work, 'files.tar');
      await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', join(debs, name), tar]);
      await run('tar', ['-x', '-f', tar, '-C', unpacked, ...only]);
    }
    await rename(unpacked, root).catch(async (error: unknown) => {
      // Another test run was first; if it was not, the folder is in the way.
      if (!(await isThere(join(root, marker)))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
