import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '#store/file/file-error.js';
import type { Fault as HttpFault } from '../../support/servers/faulty-proxy.js';
import type { Cluster } from '../cluster.js';
import type { Fault } from '../schedule.js';
import type { RequestFault } from '../store-place.js';
import { nowMs, waitFor, type Effect, type Strike, type Strikes } from './effect.js';

/** How much longer than planned a fault of the store lasts, until it has met somebody. */
const patienceMs = 5_000;
/** How many requests a fault of single requests strikes. */
const requestsStruck = 3;
/** A cut body has this much of itself. */
const cutBytes = 100;

export const storeFaults: Strikes<
  'disk-full' | 's3-unavailable' | 's3-hanging' | 's3-cut' | 's3-answer-lost' | 's3-token-expired' | 's3-full'
> = {
  async 'disk-full'({ lastsMs }, cluster) {
    const refusals = (): number => cluster.output().match(/ENOSPC/g)?.length ?? 0;
    const before = refusals();
    const filler = join(cluster.place.disk!, 'filler');
    const startMs = nowMs();
    const isMet = (): boolean => refusals() > before;
    while (nowMs() < startMs + lastsMs || (!isMet() && nowMs() < startMs + lastsMs + patienceMs)) {
      await fill(filler); // Again and again, because the run removes what it no longer needs.
      await delay(20);
    }
    await rm(filler);
    return { acted: isMet(), startMs, endMs: nowMs(), what: `${refusals() - before} times ENOSPC in the logs` };
  },

  's3-unavailable': (fault, cluster) => refuseAll(fault, cluster, 503, 'SlowDown'),
  's3-token-expired': (fault, cluster) => refuseAll(fault, cluster, 403, 'ExpiredToken'),
  's3-full': (fault, cluster) =>
    strikeRequests(fault, cluster, ({ method }) =>
      method === 'PUT' || method === 'POST' ? refused(403, 'QuotaExceeded') : undefined,
    ),

  async 's3-hanging'(fault, cluster) {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    const effect = await strikeRequests(fault, cluster, () => ({ kind: 'delayed', until }));
    release();
    return effect;
  },

  's3-cut': strikeSome(({ method }) => (method === 'GET' ? { kind: 'cut', afterBytes: cutBytes } : undefined)),
  's3-answer-lost': strikeSome(({ method }) => (method === 'PUT' ? { kind: 'lost' } : undefined)),
};

function refused(status: number, code: string): HttpFault {
  return { kind: 'refused', status, body: `<Error><Code>${code}</Code><Message>chaos</Message></Error>` };
}

function refuseAll(fault: Fault, cluster: Cluster, status: number, code: string): Promise<Effect> {
  return strikeRequests(fault, cluster, () => refused(status, code));
}

/** A fault of the next few requests that `pick` gives one. */
function strikeSome(pick: RequestFault): Strike {
  return (fault, cluster) => {
    let left = requestsStruck;
    const next: RequestFault = (request) => {
      const struck = left > 0 ? pick(request) : undefined;
      if (struck) left--;
      return struck;
    };
    return strikeRequests(fault, cluster, next, requestsStruck);
  };
}

/** Lets requests go wrong for as long as the fault lasts, or until `enough` have met it. */
async function strikeRequests(
  { lastsMs }: Fault,
  { place }: Cluster,
  fault: RequestFault,
  enough = 1,
): Promise<Effect> {
  const before = place.faults();
  const startMs = nowMs();
  place.setFault(fault);
  await delay(lastsMs);
  await waitFor(() => (place.faults() >= before + enough ? true : undefined), patienceMs);
  place.setFault(undefined);
  const struck = place.faults() - before;
  return { acted: struck > 0, startMs, endMs: nowMs(), what: `${struck} requests` };
}

/** Adds to a file until the disk has no byte left. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let bytes = 2 ** 20; bytes >= 2 ** 12;) {
      try {
        await file.write(Buffer.alloc(bytes));
      } catch (error) {
        if (errnoOf(error) !== 'ENOSPC') throw error;
        bytes /= 4;
      }
    }
  } finally {
    await file.close();
  }
}
