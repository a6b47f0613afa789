import { setTimeout as sleep } from 'node:timers/promises';
import { connectApi } from '#cluster/api-client.js';
import { TandemError } from '#protocol/tandem-error.js';
import type { WorkerConfig } from './config.js';
import type { Log } from './log.js';

const pauseMs = 1000;

/**
 * TANDEM_POOL_KEY, or else the key that the coordinator gives to an API key of scope worker. Waits for a coordinator
 * that is not there yet, or stands by. Rejects with what the coordinator says of the API key.
 */
export async function fetchPoolKey({ poolKey, coordinator }: WorkerConfig, log: Log): Promise<string | undefined> {
  if (poolKey !== undefined || coordinator === undefined) return poolKey;
  const api = connectApi(coordinator);
  for (let told = false; ; told = true) {
    try {
      return await api.poolKey();
    } catch (error) {
      if (!(error instanceof TandemError) || !error.retryable) throw error;
      if (!told) log.warn({ trouble: error.message }, 'Waits for the coordinator, to fetch the pool key');
      await sleep(pauseMs);
    }
  }
}
