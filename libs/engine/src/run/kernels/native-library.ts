import { createRequire } from 'node:module';

/** C functions by name. koffi converts their arguments. */
export type NativeFunctions<Name extends string> = Readonly<Record<Name, (...values: unknown[]) => unknown>>;

interface Koffi {
  load(path: string): { func(signature: string): (...values: unknown[]) => unknown };
}

/**
 * Loads the first of these libraries that is there, through koffi, and its functions with these C prototypes.
 * `onLoad` is told which. Throws, with the loader's words for each path, if there is none.
 */
export function loadNative<Name extends string>(
  what: string,
  paths: readonly string[],
  signatures: Readonly<Record<Name, string>>,
  onLoad: (path: string) => void = () => undefined,
): NativeFunctions<Name> {
  const koffi = loadKoffi();
  const failures: string[] = [];
  for (const path of paths) {
    try {
      const library = koffi.load(path);
      onLoad(path);
      const functions = Object.entries<string>(signatures).map(([name, signature]) => [name, library.func(signature)]);
      return Object.fromEntries(functions) as NativeFunctions<Name>;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(`${what} was not found: ${failures.join('; ') || `no name for ${process.platform}`}`);
}

/** Loads a library that another one will ask for by its bare name. */
export function preload(path: string): void {
  loadKoffi().load(path);
}

/** koffi itself is loaded only when somebody asks for a device that needs it. */
function loadKoffi(): Koffi {
  return createRequire(import.meta.url)('koffi') as Koffi;
}

/** koffi passes the address of an array's own memory, but not of memory that threads share. */
export function unshared<Data extends { readonly buffer: ArrayBufferLike; slice(): Data }>(data: Data): Data {
  return data.buffer instanceof SharedArrayBuffer ? data.slice() : data;
}
