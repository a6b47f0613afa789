import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { hostAddresses, type HostAddresses } from './host-addresses.js';
import { lasting } from './web-failure.js';

export interface AgentOptions {
  /** Connections to one host at once. */
  readonly perHost: number;
  /** May a connection go to this IP address? `isPublicAddress`, or any. */
  readonly isAllowed: (address: string) => boolean;
  readonly timeoutMs: number;
  /** The addresses of a host by its name; asks the DNS if left out. */
  readonly addressesOf?: HostAddresses;
}

const notPublic = 'The host has an address that is not public (--allow-private)';

/**
 * The connections of all requests. A host is looked up once for each connection, all of its addresses are checked, and
 * the connection goes to one of those: a name that is looked up otherwise a moment later (DNS rebinding) changes
 * nothing. No proxy of the environment is used, which would look names up itself.
 */
export function guardedAgent(options: AgentOptions): Agent {
  const { perHost, isAllowed, timeoutMs } = options;
  // The types of undici ask for a port here, which is that of each request.
  const connector = buildConnector({
    timeout: timeoutMs,
    lookup: guardedLookup(options),
  });
  const guarded: typeof connector = (options, callback) => {
    // node:net looks no addresses up.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isAllowed(host)) return callback(lasting(notPublic), null);
    connector(options, (...result) => {
      const [, socket] = result;
      if (!socket || isAllowed(socket.remoteAddress ?? '')) return callback(...result);
      socket.destroy();
      callback(lasting(notPublic), null);
    });
  };
  return new Agent({
    connections: perHost,
    pipelining: 1,
    connect: guarded,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
}

function guardedLookup({ isAllowed, addressesOf = hostAddresses }: AgentOptions): LookupFunction {
  const allowedAddresses: HostAddresses = async (host) => {
    const addresses = await addressesOf(host);
    if (!addresses.every(({ address }) => isAllowed(address))) throw lasting(notPublic);
    return addresses;
  };
  return (host, options, callback) => {
    allowedAddresses(host).then(
      (addresses) => {
        const [{ address, family } = { address: '', family: 0 }] = addresses;
        if (options.all) callback(null, [...addresses]);
        else callback(null, address, family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
