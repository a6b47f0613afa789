import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface DebianPackages {
  /** What the packages are, for messages. */
  readonly title: string;
  /** The folder in the user's cache where they are unpacked. */
  readonly folder: string;
  readonly packages: readonly string[];
  readonly dependencies: boolean;
  /** The files to unpack, `./usr/…`; all of them if left out. */
  readonly only?: readonly string[];
  /** A file in the folder that shows that the packages are unpacked. */
  readonly marker: string;
}

/** How long a download may take. The packages have at most 70 MB. */
const downloadLimitMs = 300_000;

const run = promisify(execFile);

/** Fetches Debian packages once and unpacks them in the user's cache. Nothing is installed. */
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

/**
 * Unpacks beside the folder and renames it into place, so that it is complete even if two test runs do this at once.
 */
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
    // Packages that this machine has installed are fetched only with --reinstall. Their dependencies are then there.
    const download = ['--download-only', '--reinstall', '--no-install-recommends', 'install'];
    if (dependencies) await aptGet(...download, ...packages);
    else await aptGet('download', ...packages);
    for (const name of await readdir(debs)) {
      if (!name.endsWith('.deb')) continue;
      const tar = join(work, 'files.tar');
      await run('sh', ['-c', 'dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', join(debs, name), tar]);
      await run('tar', ['-x', '-f', tar, '-C', unpacked, ...only]);
    }
    if (!(await isThere(join(unpacked, marker)))) throw new Error(`expected ${marker} in ${packages.join(', ')}`);
    // Another test run may have been faster. What is there without the marker is of no use.
    if (await isThere(join(root, marker))) return;
    await rm(root, { recursive: true, force: true });
    await rename(unpacked, root).catch(async (error: unknown) => {
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
