import { systemAddresses } from './web/host-addresses.js';
import { isPublicAddress } from './web/public-address.js';
import type { WebOptions } from './web/web-client.js';

/** By which robots.txt and X-Robots-Tag name this program. */
export const agentToken = 'tandem';

/** What servers are told if nothing else is asked for. */
export const defaultUserAgent = `Mozilla/5.0 (compatible; ${agentToken})`;

export interface WebSettings {
  readonly userAgent?: string | undefined;
  readonly perHost: number;
  readonly timeoutMs: number;
  readonly allowsPrivateAddresses: boolean;
}

/** How to ask servers. Only public addresses are asked, unless private ones are allowed. */
export function webOptions({ userAgent, perHost, timeoutMs, allowsPrivateAddresses }: WebSettings): WebOptions {
  return {
    ...{ userAgent: userAgent ?? defaultUserAgent, perHost, timeoutMs },
    ...(allowsPrivateAddresses
      ? { isAllowed: () => true, addressesOf: systemAddresses }
      : { isAllowed: isPublicAddress }),
  };
}
