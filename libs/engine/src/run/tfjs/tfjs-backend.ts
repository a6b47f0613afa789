import * as tf from '@tensorflow/tfjs';

/** Packages that bring tfjs a native backend, best first. Both register it under this name. */
const nativePackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];
const nativeBackend = 'tensorflow';

/**
 * Set tfjs to the best backend there is: that of tfjs-node-gpu or tfjs-node where one of them is installed, else its
 * own CPU backend, which is in plain JavaScript. Returns what tfjs runs on, for people. Throws where a package is
 * installed that does not load, or that belongs to another version of tfjs.
 */
export async function openTfjsBackend(load = (name: string): Promise<unknown> => import(name)): Promise<string> {
  tf.enableProdMode();
  for (const name of nativePackages) {
    if (!(await isLoaded(name, load))) continue;
    if (!tf.findBackend(nativeBackend)) {
      throw new Error(
        `${name} is installed but brings its own copy of tfjs: install it in version ` +
          `${tf.version_core}, that of @tensorflow/tfjs here`,
      );
    }
    await tf.setBackend(nativeBackend);
    return `${name} ${tf.version_core}`;
  }
  await tf.setBackend('cpu');
  return 'its own CPU backend';
}

async function isLoaded(name: string, load: (name: string) => Promise<unknown>): Promise<boolean> {
  try {
    await load(name);
    return true;
  } catch (error) {
    if (isMissing(name, error)) return false;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${name} is installed but does not load: ${reason}. Rebuild it (npm rebuild ` +
        `--ignore-scripts=false ${name} --build-addon-from-source) or remove it: tfjs then uses its own ` +
        'CPU backend',
      { cause: error },
    );
  }
}

/** Is it the package itself that cannot be found, and nothing that it needs? */
function isMissing(name: string, error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  return code === 'ERR_MODULE_NOT_FOUND' && (message ?? '').includes(`'${name}'`);
}
