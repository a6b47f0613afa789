import { isLoopback } from '../loopback.js';

/** Do messages go unsigned through a Redis that other machines can reach? */
export function isUnsigned({
  poolKey,
  redisUrl,
}: {
  readonly poolKey: string | undefined;
  readonly redisUrl: string;
}): boolean {
  return poolKey === undefined && !isLoopback(new URL(redisUrl).hostname.replace(/^\[(.*)\]$/, '$1'));
}

export const unsignedAdvice =
  'TANDEM_POOL_KEY is not set: whoever can write to Redis can give tasks and answers. Give coordinator and workers ' +
  'the same secret: openssl rand -hex 24';
