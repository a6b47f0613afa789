/** Is this address, as given to listen on, one that only this machine reaches? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Does a request's Host header, `NAME:PORT`, name this machine as itself? */
export function isLoopbackHost(header: string | undefined): boolean {
  return isLoopback((header ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}
