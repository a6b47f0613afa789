import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadList } from '#download/download-list.js';
import { systemAddresses } from '#download/web/host-addresses.js';
import { disallowedDirectives } from '#download/web/robots-tag.js';
import type { Measurement } from '../../figure.js';
import { cpuSecondsOf, measurementAgainst, turnCount } from '../../turns.js';
import { startPictureServer } from '../../workload/picture-server.js';

const pictures = 3000;
const cores = 2;

/**
 * Pictures that are downloaded, checked, hashed and stored in a second of two cores, from a server on the same cores:
 * by the CPU time of both processes, so that what else is on the machine counts little. The first turn lets V8 compile
 * the code.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const server = await startPictureServer();
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-download-'));
  try {
    const path = join(folder, 'list.csv');
    const rows = Array.from({ length: pictures }, (_, at) => `${server.url}/${at}.jpg,picture ${at}\n`);
    await writeFile(path, ['url,caption\n', ...rows].join(''));
    const rates: number[] = [];
    for (let turn = 0; turn <= turnCount; turn++) {
      const options = {
        ...{ folder: join(folder, `${turn}`), shardPictures: 1000, part: 1, parts: 1, connections: 64, perHost: 64 },
        ...{ retries: 0, timeoutMs: 30_000, bytesMax: 2 ** 24, ignoreRobots: false, disallowed: disallowedDirectives },
        ...{ agentToken: 'tandem', userAgent: 'tandem', duplicateDistance: undefined, isAllowed: () => true },
        ...{ addressesOf: systemAddresses, signal: new AbortController().signal },
      };
      const before = await server.cpuSeconds();
      const ownSeconds = await cpuSecondsOf(async () => {
        const { stored } = await downloadList({ path, images: 'urls' }, options);
        if (stored !== pictures) throw new Error(`expected ${pictures} pictures, got ${stored}`);
      });
      const seconds = ownSeconds + (await server.cpuSeconds()) - before;
      if (turn > 0) rates.push((cores * pictures) / seconds);
    }
    yield measurementAgainst(500, 'download', 'pictures/s', rates);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
