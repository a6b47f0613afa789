/**
 * `s3://bucket/a/b?region=x` → the store `s3://bucket/a?region=x` and what is called `b` in it; paths and file: URLs
 * likewise.
 */
export function splitUrl(url: string): { readonly storeUrl: string; readonly name: string } {
  const query = url.startsWith('s3:') ? (/\?.*$/.exec(url)?.[0] ?? '') : '';
  const path = url.slice(0, url.length - query.length).replace(/\/+$/, '');
  const slash = path.lastIndexOf('/');
  if (slash < 0) return { storeUrl: /^file:/.test(path) ? 'file:.' : '.', name: path.replace(/^file:/, '') };
  const storeUrl = path.slice(0, slash);
  return {
    storeUrl: `${storeUrl === '' || storeUrl === 'file:' ? `${storeUrl}/` : storeUrl}${query}`,
    name: path.slice(slash + 1),
  };
}
