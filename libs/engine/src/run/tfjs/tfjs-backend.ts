import * as tf from '@tensorflow/tfjs';

/** Packages with a native backend for tfjs, best first. */
const nativePackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];
/** The name under which both packages register their backend. */
const nativeBackend = 'tensorflow';

/**
 * Set tfjs to the best backend available: that of tfjs-node-gpu or tfjs-node if one of them is installed, otherwise its
 * own CPU backend, which is plain JavaScript. Returns what tfjs runs on, for people. Throws if an installed package
 * does not load or belongs to another version of tfjs.
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

/** Whether the package itself cannot be found, rather than something that it needs. */
function isMissing(name: string, error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: string };
  return code === 'ERR_MODULE_NOT_FOUND' && (message ?? '').includes(`'${name}'`);
}
