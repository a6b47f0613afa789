// Goal: an encoder whose program is traced in a thread gives the bits of one whose program is traced here. Method: the
// same tower on two devices, forward and backward, trained and frozen; the functions given here must not be called.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Device } from '#engine/device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import { preset } from '#model/zoo/presets.js';
import { openEncoder, type Encoder } from './encoder.js';
import { openFrozenEncoder } from './frozen-encoder.js';
import { madeUpParameters, madeUpSamples } from './made-up-values.js';

const whole = preset('ViT-B-32')!;
const config = {
  ...whole,
  embed_dim: 8,
  text_cfg: { ...whole.text_cfg, context_length: 6, vocab_size: 540, width: 16, heads: 2, layers: 1 },
};
const projection = 'text_projection';

describe('a program that is traced in a thread', () => {
  it('is the one that is traced here, for a tower that is trained', async () => {
    const open = (device: Device): Promise<Encoder> => openEncoder(device, config, 'text');
    expect(await passes(open, true)).toEqual(await passes(open, false));
  });

  it('and for one that is frozen', async () => {
    const open = (device: Device): Promise<Encoder> => openFrozenEncoder(device, config, 'text', 'float32');
    expect(await passes(open, true)).toEqual(await passes(open, false));
  });
});

async function passes(open: (device: Device) => Promise<Encoder>, tracesInThread: boolean): Promise<Float32Array[]> {
  const opened = openOrtDevice({ kind: 'cpu', threads: 1, tracesInThread });
  onTestFinished(() => opened.close());
  const untraceable = (): never => {
    throw new Error('the function was called here');
  };
  const device: Device = tracesInThread
    ? {
        ...opened,
        compile: (_fn, ...rest) => opened.compile(untraceable, ...rest),
        compileStaged: (_fn, ...rest) => opened.compileStaged(untraceable, ...rest),
      }
    : opened;
  const encoder = await open(device);
  for (const [name, values] of Object.entries(madeUpParameters(config, 'text')))
    if (encoder.parameters.includes(name)) await encoder.setParameter(name, values);
  const samples = madeUpSamples(config, 'text', 2);
  const { rows, stash } = await encoder.forward(samples);
  if (!encoder.isTrainable) return [rows];
  await encoder.clearGradients();
  await encoder.backward(samples, rows, stash);
  const gradient = sharedFloats(config.text_cfg.width * config.embed_dim);
  await encoder.readGradient(projection, gradient);
  return [rows, Float32Array.from(gradient)];
}
