// Goal: tfjs gets the right backend, whichever packages are installed. Method: a function that does what importing a
// package would do.
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

  it('is its own CPU backend if no package is installed', async () => {
    expect(await openTfjsBackend(async (name) => missing(name))).toBe('its own CPU backend');
    expect(tf.getBackend()).toBe('cpu');
  });

  it('is tfjs-node if that is installed, and tfjs-node-gpu in preference to it', async () => {
    const withNode = async (name: string): Promise<unknown> =>
      name === '@tensorflow/tfjs-node' ? register() : missing(name);
    expect(await openTfjsBackend(withNode)).toBe(`@tensorflow/tfjs-node ${tf.version_core}`);
    expect(tf.getBackend()).toBe('tensorflow');
    expect(await openTfjsBackend(async () => register())).toBe(`@tensorflow/tfjs-node-gpu ${tf.version_core}`);
  });

  it('is refused if its package does not load or belongs to another version of tfjs', async () => {
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
