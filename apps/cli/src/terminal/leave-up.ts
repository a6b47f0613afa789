import type { LocalCluster } from '#cluster/local-cluster.js';
import type { Terminal } from './terminal.js';

export interface LeftUp {
  readonly cluster: Pick<LocalCluster, 'pageUrl' | 'failure'>;
  readonly terminal: Pick<Terminal, 'say'>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Leaves a cluster up, with its page, until Ctrl-C. Throws what `failure` rejects with if the cluster breaks. */
export async function leaveUp({ cluster: { pageUrl, failure }, terminal, signal }: LeftUp): Promise<void> {
  terminal.say(`  The page stays up until Ctrl-C: ${pageUrl}`);
  const asked = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([asked, failure]);
}
