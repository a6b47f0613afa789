import type { IncomingMessage } from 'node:http';

/** What Express keeps of its routes. */
interface Routed {
  readonly path: string;
  readonly app: {
    readonly router: {
      readonly stack: readonly {
        match(path: string): boolean;
        readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
      }[];
    };
  };
}

/** The methods that the path of a request is answered for; none where there is no such endpoint. */
export function allowedMethods(request: IncomingMessage): string[] {
  const { app, path } = request as IncomingMessage & Routed;
  const methods = app.router.stack
    .filter((layer) => layer.route && matches(layer, path))
    .flatMap(({ route }) => Object.keys(route!.methods))
    .map((method) => method.toUpperCase());
  return [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)].sort();
}

function matches(layer: { match(path: string): boolean }, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false; // A path that cannot be decoded.
  }
}
