import ipaddr from 'ipaddr.js';

/**
 * Is this IP address one of the public internet? Private, loopback, link-local (that of cloud metadata is one), shared,
 * reserved and multicast ranges are not. An IPv6 address that stands for an IPv4 address (mapped, NAT64) is what that
 * one is. What is no address is not public.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text); // Takes a mapped address for that of IPv4.
  const range = address.range();
  if (range === 'rfc6052') return isPublicAddress(ipaddr.fromByteArray(address.toByteArray().slice(-4)).toString());
  return range === 'unicast';
}
