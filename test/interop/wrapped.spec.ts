// Goal: a model is found in what training tools write around it, what was taken is said, and what only Python can read
// is refused with a line that makes it readable, which `npm run interop` runs. Method: files of torch.save with a model
// and its running mean in the wrappers of common tools (make_fixtures.py); both have embeddings of their own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import type { TandemError } from '#protocol/tandem-error.js';
import { openModelWeights } from '#weights/model-weights.js';
import { expectModelAt, fixture } from './fixtures.js';

let device: Device;
beforeAll(async () => {
  device = await openDevice({ kind: 'cpu', threads: 1 });
});
afterAll(async () => {
  await device.close();
});

describe('a model is found', () => {
  it.each<[string, string, readonly string[]]>([
    ['tensor-beside', 'trained', ['the model is found at state_dict']],
    ['net', 'trained', ['the model is found at net']],
    ['model-and-ema', 'trained', ['of its models model is taken, not model_ema; --ema takes the running mean']],
    [
      'state-dict-ema',
      'trained',
      [
        'of its models state_dict, module.… is taken, not state_dict_ema; --ema takes the running mean',
        'the prefix module. of its tensors is taken off',
      ],
    ],
    [
      'lightning',
      'trained',
      [
        'of its models state_dict, model.… is taken, not state_dict, ema_model.…; --ema takes the running mean',
        'the prefix model. of its tensors is taken off',
        '1 other tensors are left out: acc.total',
      ],
    ],
    [
      'wrapper-module',
      'trained',
      ['the prefix backbone.module. of its tensors is taken off', '1 other tensors are left out: seen'],
    ],
    [
      'averaged-model',
      'mean',
      [
        'it is a running mean of the parameters',
        'the prefix module. of its tensors is taken off',
        '1 other tensors are left out: n_averaged',
      ],
    ],
    ['ema', 'mean', ['the model is found at ema.module', 'it is a running mean of the parameters']],
    ['expanded', 'expanded', []],
  ])('%s', async (file, model, notes) => {
    expect(await expectModelAt(fixture(`wrapped/${file}.pt`), model, device)).toEqual(notes);
  });
});

describe('its running mean is taken by option', () => {
  it.each<[string, string]>([
    ['model-and-ema', 'of its models model_ema is taken, not model, as --ema says'],
    ['state-dict-ema', 'of its models state_dict_ema is taken, not state_dict, module.…, as --ema says'],
    ['lightning', 'of its models state_dict, ema_model.… is taken, not state_dict, model.…, as --ema says'],
    ['averaged-model', 'it is a running mean of the parameters'],
  ])('%s', async (file, note) => {
    const options = { isMeanTaken: true };
    expect(await expectModelAt(fixture(`wrapped/${file}.pt`), 'mean', device, options)).toContain(note);
  });

  it('where there is none, it is refused', async () => {
    await expect(openModelWeights(fixture('wrapped/net.pt'), { isMeanTaken: true })).rejects.toThrow(
      /expected a running mean in .*net\.pt, under a name such as ema, model_ema or averaged, got only net/,
    );
  });
});

describe('what only Python can read is refused with the line that cures it', () => {
  const refusal = async (file: string): Promise<TandemError> => {
    const error: unknown = await openModelWeights(fixture(`wrapped/${file}.pt`)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'DATA_INVALID', help: expect.stringContaining('python -c "') as string });
    return error as TandemError;
  };

  it.each<[string, RegExp]>([
    ['whole-module', /it names "open_clip\.model\.CLIP", which is neither plain data nor a tensor/],
    ['namespace', /it names "argparse\.Namespace", which is neither plain data nor a tensor/],
    ['script', /it is a TorchScript program, as OpenAI's own files are/],
  ])('%s', async (file, message) => {
    expect((await refusal(file)).message).toMatch(message);
  });
});
