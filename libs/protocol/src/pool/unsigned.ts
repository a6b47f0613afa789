import { isLoopback } from '../loopback.js';
import { redisAddress, type RedisAddress } from '../redis/redis-address.js';

/** Do messages go unsigned through a Redis that other machines can reach? */
export function isUnsigned({
  poolKey,
  redisUrl,
}: {
  readonly poolKey: string | undefined;
  readonly redisUrl: string;
}): boolean {
  return poolKey === undefined && !hostsOf(redisAddress(redisUrl)).every(isLoopback);
}

function hostsOf(address: RedisAddress): string[] {
  switch (address.kind) {
    case 'server':
      return [address.host.host];
    case 'socket':
      return [];
    case 'sentinel':
      return address.sentinels.map(({ host }) => host);
  }
}

export const unsignedAdvice =
  'TANDEM_POOL_KEY is not set: whoever can write to Redis can give tasks and answers. Give coordinator and workers ' +
  'the same secret: openssl rand -hex 24';
