export interface ScheduleOptions<Item> {
  /** Items that are worked on at once, in all and of one host. */
  readonly connections: number;
  readonly perHost: number;
  /** Items that are held in memory: a host with many must not keep others waiting. */
  readonly waitingMax: number;
  readonly hostOf: (item: Item) => string;
  /** Works on an item. Where it is to be tried again, resolves to the time after which. `attempt` counts from 1. */
  readonly work: (item: Item, attempt: number) => Promise<{ readonly againAfterMs: number } | undefined>;
  /** When it aborts, nothing more is begun, and what is under way is waited for. */
  readonly signal: AbortSignal;
}

interface Waiting<Item> {
  readonly item: Item;
  readonly attempt: number;
}

interface Host<Item> {
  readonly name: string;
  readonly waiting: Waiting<Item>[];
  running: number;
}

/** Works on items in about their order, hosts in turn. Rejects with the first error of `work` or of the items. */
export async function workByHost<Item>(items: AsyncIterable<Item>, options: ScheduleOptions<Item>): Promise<void> {
  const { connections, perHost, waitingMax, hostOf, work, signal } = options;
  const hosts = new Map<string, Host<Item>>();
  /** Hosts that have something to begin with, each once. */
  const ready = new Set<Host<Item>>();
  const timers = new Set<NodeJS.Timeout>();
  let [held, running] = [0, 0];
  let failure: { readonly thrown: unknown } | undefined;
  let wake = (): void => undefined;

  function add(waiting: Waiting<Item>): void {
    const name = hostOf(waiting.item);
    const host = hosts.get(name) ?? { name, waiting: [], running: 0 };
    hosts.set(name, host);
    host.waiting.push(waiting);
    if (host.running < perHost) ready.add(host);
  }

  function begin(host: Host<Item>): void {
    const { item, attempt } = host.waiting.shift()!;
    host.running++;
    running++;
    ready.delete(host);
    if (host.waiting.length > 0 && host.running < perHost) ready.add(host); // At the end: hosts take turns.
    void work(item, attempt)
      .then((again) => {
        if (!again || signal.aborted) return void held--;
        const timer = setTimeout(() => {
          timers.delete(timer);
          add({ item, attempt: attempt + 1 });
          wake();
        }, again.againAfterMs);
        timers.add(timer);
      })
      .catch((thrown: unknown) => (failure ??= { thrown }))
      .finally(() => {
        host.running--;
        running--;
        if (host.waiting.length > 0) ready.add(host);
        else if (host.running === 0) hosts.delete(host.name);
        wake();
      });
  }

  const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  const iterator = items[Symbol.asyncIterator]();
  const isOver = (): boolean => failure !== undefined || signal.aborted;
  /** The next item, once it is there. It may take long, and work goes on meanwhile. */
  let arrived: IteratorResult<Item> | undefined;
  let isAsked = false;
  const ask = (): void => {
    isAsked = true;
    iterator
      .next()
      .then((next) => (arrived = next))
      .catch((thrown: unknown) => (failure ??= { thrown }))
      .finally(() => {
        isAsked = false;
        wake();
      });
  };
  try {
    for (let isRead = false; !isOver() && !(isRead && held === 0);) {
      for (const host of ready) {
        if (running >= connections) break;
        begin(host);
      }
      if (arrived?.done) isRead = true;
      else if (arrived) {
        held++;
        add({ item: arrived.value, attempt: 1 });
      }
      if (arrived) {
        arrived = undefined;
        continue;
      }
      if (!isAsked && !isRead && held < waitingMax && (running < connections || ready.size === 0)) ask();
      await changed();
    }
  } finally {
    timers.forEach(clearTimeout);
    while (running > 0) await changed();
    signal.removeEventListener('abort', onAbort);
    await iterator.return?.();
  }
  if (failure) throw failure.thrown;
}

/** The host of a URL; none of what is no URL. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
