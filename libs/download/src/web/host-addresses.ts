import type { LookupAddress } from 'node:dns';
import { lookup, resolve4, resolve6 } from 'node:dns/promises';

/** Looks up the addresses of a host. Throws what node:dns throws. */
export type HostAddresses = (host: string) => Promise<readonly LookupAddress[]>;

/**
 * Asks the DNS itself. node:dns's own `lookup`, which also reads the hosts file, takes one of the four threads that
 * decode pictures while it waits. It is used where no DNS server answers.
 */
export const hostAddresses: HostAddresses = async (host) => {
  const [four, six] = await Promise.allSettled([resolve4(host), resolve6(host)]);
  const found = [
    ...(four.status === 'fulfilled' ? four.value.map((address) => ({ address, family: 4 })) : []),
    ...(six.status === 'fulfilled' ? six.value.map((address) => ({ address, family: 6 })) : []),
  ];
  if (found.length > 0) return found;
  const error = (four as PromiseRejectedResult).reason as NodeJS.ErrnoException;
  if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') throw error;
  return systemAddresses(host);
};

/** The addresses that the system knows, those of the hosts file too. */
export const systemAddresses: HostAddresses = (host) => lookup(host, { all: true });
