/** Is this listening address one that only this machine can reach? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Does a request's Host header, `NAME:PORT`, name the loopback interface? */
export function isLoopbackHost(header: string | undefined): boolean {
  return isLoopback((header ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}
