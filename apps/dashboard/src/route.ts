/** What the address after the # asks for. The coordinator sees none of it. */
export type Route =
  | { readonly page: 'runs' }
  | { readonly page: 'workers' }
  | { readonly page: 'submit'; readonly from: string | undefined }
  | { readonly page: 'run'; readonly id: string; readonly section: RunSection; readonly overlaid: readonly string[] };

export const runSections = {
  charts: 'Charts',
  evaluations: 'Evaluations',
  workers: 'Workers',
  events: 'Events',
  configuration: 'Configuration',
  checkpoints: 'Checkpoints',
  try: 'Try it',
} as const;
export type RunSection = keyof typeof runSections;

/** What stands after the # of an address, `#/run/ID/charts?with=OTHER`. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page, id, section] = path.split('/').map(decoded);
  const parameters = new URLSearchParams(query);
  if (page === 'workers') return { page };
  if (page === 'submit') return { page, from: parameters.get('from') ?? undefined };
  if (page === 'run' && id !== undefined && id !== '')
    return {
      page,
      id,
      section: section !== undefined && section in runSections ? (section as RunSection) : 'charts',
      overlaid: [...new Set((parameters.get('with') ?? '').split(',').filter((other) => other !== '' && other !== id))],
    };
  return { page: 'runs' };
}

/** The key in `#/login/KEY`, the address that a command prints for its own coordinator. */
export function keyInAddress(hash: string): string | undefined {
  return /^#\/login\/([\w-]+)$/.exec(hash)?.[1];
}

/** The address of a run's section, with other runs laid over its charts. */
export function runAddress(id: string, section: RunSection = 'charts', overlaid: readonly string[] = []): string {
  const query = overlaid.length > 0 ? `?with=${overlaid.map(encodeURIComponent).join(',')}` : '';
  return `#/run/${encodeURIComponent(id)}/${section}${query}`;
}

/** A hand-written address may hold a % that stands for nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
