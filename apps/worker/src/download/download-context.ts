import { agentToken, webOptions } from '#download/download-web.js';
import type { PictureOptions } from '#download/picture/downloaded-picture.js';
import { openHostQueue, type HostQueue } from '#download/schedule/host-queue.js';
import { disallowedDirectives } from '#download/web/robots-tag.js';
import { robotsRules } from '#download/web/robots-rules.js';
import { webClient } from '#download/web/web-client.js';
import { isDownload, parseRunDocument } from '#protocol/document/run-document.js';
import { parseJson } from '#protocol/input/json-text.js';
import type { DownloadTask } from '#protocol/pool/task.js';
import { runKeys } from '#store/run/keys.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { checkedBytes } from '../checked-blob.js';

/** What a worker holds for a download that it takes part in. */
export interface DownloadContext {
  readonly store: Store;
  readonly retries: number;
  /** Its limits hold for all tasks of the download that this worker has. */
  readonly queue: HostQueue;
  readonly pictures: Omit<PictureOptions, 'signal'>;
}

/** The download that the worker took part in last, kept open for its next task. */
export interface DownloadContexts {
  /** Opens the download of a task for as long as `use` runs, and some time longer. */
  during<Result>(task: DownloadTask, use: (context: DownloadContext) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface DownloadContextsOptions {
  readonly storeAccess: StoreAccess;
  /**
   * Whether requests may go to private, loopback and link-local addresses; not if it is left out. Only who operates
   * the worker decides this.
   */
  readonly allowsPrivateAddresses?: boolean;
}

interface Held {
  readonly name: string;
  readonly opened: Promise<DownloadContext & { close(): Promise<void> }>;
  users: number;
}

export function openDownloadContexts(options: DownloadContextsOptions): DownloadContexts {
  let held: Held[] = [];
  /** Closes those that nobody uses, but for the newest `kept`. */
  const closeUnused = async (kept: number): Promise<void> => {
    const unused = held.filter(({ users }) => users === 0);
    const closing = unused.slice(0, Math.max(0, unused.length - kept));
    held = held.filter((one) => !closing.includes(one));
    for (const { opened } of closing) await (await opened.catch(() => undefined))?.close();
  };
  return {
    async during(task, use) {
      const name = `${task.run} ${task.configHash} ${task.store}`;
      const found = held.find((one) => one.name === name) ?? { name, opened: openContext(task, options), users: 0 };
      held = [...held.filter((one) => one !== found), found];
      found.users++;
      try {
        return await use(await found.opened);
      } catch (error) {
        if (
          await found.opened.then(
            () => false,
            () => true,
          )
        )
          held = held.filter((one) => one !== found);
        throw error;
      } finally {
        found.users--;
        await closeUnused(1);
      }
    },
    close: () => closeUnused(0),
  };
}

async function openContext(
  task: DownloadTask,
  { storeAccess, allowsPrivateAddresses = false }: DownloadContextsOptions,
): Promise<DownloadContext & { close(): Promise<void> }> {
  const store = openStore(task.store, storeAccess);
  try {
    const key = runKeys(task.run).document;
    const bytes = await checkedBytes({ store, key, hash: task.configHash, what: 'the run document' });
    const config = parseRunDocument(parseJson(bytes));
    if (!isDownload(config)) throw new Error(`internal: ${task.run} is no download`);
    const { connections, perHost, timeoutMs, bytesMax, retries, ignoreRobots, shortestSide, pixelsMax } =
      config.download;
    const client = webClient(webOptions({ ...config.download, allowsPrivateAddresses, timeoutMs }));
    const closing = new AbortController();
    const queue = openHostQueue({ connections, perHost });
    return {
      ...{ store, retries, queue },
      pictures: {
        ...{ client, agentToken, bytesMax, shortestSide, pixelsMax },
        robots: ignoreRobots ? undefined : robotsRules(client, agentToken, closing.signal),
        disallowed: config.download.disallowedDirectives ?? disallowedDirectives,
      },
      async close() {
        closing.abort();
        await queue.close();
        await client.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
