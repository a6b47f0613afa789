/** What a place is called where there is little room: the last part of its path. Knows no package, for the page. */
export function placeTitle(url: string): string {
  return url
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
    .split('/')
    .at(-1)!;
}
