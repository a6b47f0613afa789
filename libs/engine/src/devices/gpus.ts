import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Gpu {
  readonly name: string;
  readonly memoryBytes?: number;
  readonly driver?: string;
}

/**
 * The GPUs that nvidia-smi lists, or else those that Linux lists. Windows and macOS are not asked for other GPUs: they
 * have one wherever they have a screen.
 */
export async function findGpus(): Promise<readonly Gpu[]> {
  const nvidia = await nvidiaCards();
  if (nvidia.length > 0) return nvidia;
  return process.platform === 'linux' ? gpusIn('/sys/class/drm') : [];
}

async function nvidiaCards(): Promise<Gpu[]> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  // A failure means that nvidia-smi is not installed, or that it finds no GPU.
  const answer = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 }).catch(() => undefined);
  return answer ? parseNvidiaGpus(answer.stdout) : [];
}

/** Parse lines of `name, memory in MiB, driver version`. */
export function parseNvidiaGpus(text: string): Gpu[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name = '', mebibytes = '', driver = ''] = line.split(', ');
      const memoryBytes = Number(mebibytes) * 2 ** 20; // `[N/A]` if it shares the machine's
      return { name, ...(Number.isFinite(memoryBytes) && { memoryBytes }), driver };
    });
}

const makers: Readonly<Record<string, string>> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel' };

/**
 * The GPUs that Linux lists in `folder`, which is /sys/class/drm. Those of other makers, such as the display
 * controllers of servers and virtual machines, are left out: they cannot compute.
 */
export async function gpusIn(folder: string): Promise<Gpu[]> {
  const entries = await readdir(folder).catch(() => []);
  const cards = entries
    .filter((entry) => /^card\d+$/.test(entry))
    .map(async (entry): Promise<Gpu[]> => {
      const read = (file: string): Promise<string> =>
        readFile(join(folder, entry, 'device', file), 'utf8').then(
          (text) => text.trim(),
          () => '',
        );
      const maker = makers[await read('vendor')];
      const memory = await read('mem_info_vram_total');
      return maker
        ? [{ name: `${maker} ${await read('device')}`, ...(memory && { memoryBytes: Number(memory) }) }]
        : [];
    });
  return (await Promise.all(cards)).flat();
}
