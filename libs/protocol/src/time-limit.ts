/** What `work` gives, or after `limitMs` the error of `late`. The work itself goes on: nobody waits for it. */
export async function withinTime<Result>(work: Promise<Result>, limitMs: number, late: () => Error): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
