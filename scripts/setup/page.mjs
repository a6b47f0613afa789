import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupError } from './run.mjs';

/** Where the built page goes: the coordinator serves these files. */
const target = 'dist/apps/dashboard/public';

/**
 * Builds the page of apps/dashboard, after the compiler: its form is made from the compiled schema of run documents.
 */
export async function buildPage(root) {
  const { build } = await import('vite');
  try {
    await build({
      root: join(root, 'apps', 'dashboard'),
      configFile: false,
      base: './', // Relative addresses: a proxy may give the page any path.
      logLevel: 'error',
      plugins: [runDocumentSchema(root)],
      resolve: {
        alias: [{ find: /^#(protocol|report)\/(.*)\.js$/, replacement: join(root, 'libs', '$1', 'src', '$2.ts') }],
      },
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      build: {
        outDir: join(root, target),
        emptyOutDir: true,
        assetsInlineLimit: 0, // The page's policy allows no data: URLs for scripts and styles.
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        license: { fileName: 'licenses.md' },
        chunkSizeWarningLimit: 1000,
      },
    });
  } catch (error) {
    throw new SetupError(`Building the page failed: ${error.message}`);
  }
}

export function isPageBuilt(root) {
  return existsSync(join(root, target, 'index.html'));
}

/** The module `virtual:run-document`: the JSON schema of run documents, made by the schema that validates them. */
function runDocumentSchema(root) {
  const [name, resolved] = ['virtual:run-document', '\0run-document'];
  return {
    name: 'run-document-schema',
    resolveId: (id) => (id === name ? resolved : undefined),
    async load(id) {
      if (id !== resolved) return undefined;
      const compiled = join(root, 'dist', 'libs', 'protocol', 'src', 'run', 'run-config.js');
      const { runConfigSchema } = await import(pathToFileURL(compiled).href);
      const { z } = await import('zod');
      return `export const runDocumentSchema = ${JSON.stringify(z.toJSONSchema(runConfigSchema, { io: 'input' }))};`;
    },
  };
}
