// Which backend tfjs is set to, for each thing that can be installed. Packages are stood in for by what importing them
// does.
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it } from 'vitest';
import { openTfjsBackend } from './tfjs-backend.js';

const missing = (name: string): never => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), { code: 'ERR_MODULE_NOT_FOUND' });
};
/** tfjs-node registers its backend when it is imported. */
const register = (): boolean => tf.registerBackend('tensorflow', () => tf.findBackend('cpu'));

describe('the backend of tfjs', () => {
  afterEach(() => {
    if (tf.findBackend('tensorflow')) tf.removeBackend('tensorflow');
  });

  it('its own where nothing is installed', async () => {
    expect(await openTfjsBackend(async (name) => missing(name))).toBe('its own CPU backend');
    expect(tf.getBackend()).toBe('cpu');
  });

  it('tfjs-node where it is installed, tfjs-node-gpu before it', async () => {
    const withNode = async (name: string): Promise<unknown> =>
      name === '@tensorflow/tfjs-node' ? register() : missing(name);
    expect(await openTfjsBackend(withNode)).toBe(`@tensorflow/tfjs-node ${tf.version_core}`);
    expect(tf.getBackend()).toBe('tensorflow');
    expect(await openTfjsBackend(async () => register())).toBe(`@tensorflow/tfjs-node-gpu ${tf.version_core}`);
  });

  it('refuses a package that does not load, and one that is for another tfjs', async () => {
    const broken = async (name: string): Promise<unknown> => {
      throw new Error(`libtensorflow.so.2, which ${name} needs, is not there`);
    };
    await expect(openTfjsBackend(broken)).rejects.toThrowError(
      /tfjs-node-gpu is installed but does not load: libtensorflow.*npm rebuild/,
    );
    await expect(openTfjsBackend(async () => undefined)).rejects.toThrowError(
      new RegExp(`install it in version ${tf.version_core}`),
    );
  });
});
