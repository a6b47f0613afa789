/** A thread that is started when there is work for it, and closed when there has been none for a while. */
export interface PassingThread<Client> {
  during<Result>(work: (thread: Client) => Promise<Result>): Promise<Result>;
  /** Closes it now. It is started again if there is more work. */
  close(): Promise<void>;
}

export function passingThread<Client extends { close(): Promise<void> }>(
  start: () => Client,
  idleMs: number,
): PassingThread<Client> {
  let thread: Client | undefined;
  let idle: NodeJS.Timeout | undefined;
  let underWay = 0;
  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const closing = thread;
    thread = undefined;
    await closing?.close();
  };
  return {
    async during(work) {
      clearTimeout(idle);
      thread ??= start();
      underWay += 1;
      try {
        return await work(thread);
      } finally {
        underWay -= 1;
        if (underWay === 0) idle = setTimeout(() => void close(), idleMs).unref();
      }
    },
    close,
  };
}
