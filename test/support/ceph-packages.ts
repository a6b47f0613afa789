import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export interface CephPrograms {
  readonly bin: string;
  readonly lib: string;
  readonly env: NodeJS.ProcessEnv;
}

const wanted = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common', 'libfuse2'];
/** 70 MB of packages. */
const downloadLimitMs = 300_000;

const run = promisify(execFile);

/** Ceph's programs from Debian's packages, fetched once and unpacked in the user's cache: nothing is installed. */
export async function unpackCeph(): Promise<CephPrograms | { reason: string }> {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch as string];
  if (process.platform !== 'linux' || triplet === undefined) return { reason: `Ceph's packages are for Linux on x64 and arm64, not ${process.platform} on ${process.arch}` };
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tandem', 'radosgw');
  const isThere = await access(join(cache, 'usr/bin/radosgw')).then(() => true, () => false);
  if (!isThere) {
    try {
      await fetchInto(cache);
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '' ? error.stderr : String(error);
      return { reason: `Ceph's packages cannot be had by apt-get: ${said.trim().split('\n').slice(0, 2).join(' ')}` };
    }
  }
  const usr = join(cache, 'usr');
  const lib = join(usr, 'lib', triplet);
  const env = {
    PATH: `${join(usr, 'bin')}:${process.env['PATH'] ?? ''}`,
    LD_LIBRARY_PATH: [lib, join(lib, 'ceph'), join(usr, 'lib/ceph'), join(cache, 'lib', triplet)].join(':'),
    PYTHONPATH: join(usr, 'lib/python3/dist-packages'),
  };
  return { bin: join(usr, 'bin'), lib, env };
}

/** Unpacked beside and renamed into place, so that what is there is whole and two test runs do not meet. */
async function fetchInto(cache: string): Promise<void> {
  await mkdir(dirname(cache), { recursive: true });
  const work = await mkdtemp(`${cache}-`);
  try {
    const debs = join(work, 'debs');
    const root = join(work, 'root');
    for (const folder of [join(debs, 'partial'), join(work, 'lists/partial'), root]) await mkdir(folder, { recursive: true });
    const apt = [`Dir::Cache::archives=${debs}`, `Dir::State::lists=${join(work, 'lists')}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=', 'Acquire::Retries=1', 'Acquire::http::Timeout=20'];
    const aptGet = (...args: string[]): Promise<unknown> =>
      run('apt-get', ['-qq', '-y', ...apt.flatMap((option) => ['-o', option]), ...args], { timeout: downloadLimitMs });
    await aptGet('-o', 'APT::Update::Error-Mode=any', 'update');
    await aptGet('--download-only', '--no-install-recommends', 'install', ...wanted);
    for (const name of await readdir(debs)) {
      if (name.endsWith('.deb')) await run('dpkg', ['-x', join(debs, name), root]);
    }
    await rename(root, cache).catch(async (error: unknown) => {
      // Another test run was first; if it was not, the folder is in the way.
      await access(join(cache, 'usr/bin/radosgw')).catch(() => {
        throw error;
      });
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
