import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHuggingFaceConfig } from '#model/formats/hugging-face-config.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { preset, presetNames } from '#model/zoo/presets.js';
import { readConfigFile } from '../../../apps/cli/src/models/model-config.js';
import { tinyClipConfig } from '../../support/models/tiny-clip.js';
import { mutateJson } from '../mutate-document.js';
import type { Target } from '../target.js';

/** Model configs of open_clip, of Hugging Face and of checkpoints. */
export const modelConfig: Target = {
  cases: 500,
  async open(folder) {
    const configs = presetNames()
      .slice(0, 12)
      .map((name) => preset(name)!);
    const documents = [{ model_cfg: tinyClipConfig, preprocess_cfg: {} }, { model: tinyClipConfig }];
    const seeds: readonly unknown[] = [
      ...configs,
      ...documents,
      toHuggingFaceConfig(tinyClipConfig, 'float32'),
      { model_type: 'clip' },
    ];
    const path = join(folder, 'config.json');
    return {
      async run(chance) {
        await writeFile(path, mutateJson(chance.pick(seeds), chance));
        modelTensors(readConfigFile(path));
      },
    };
  },
};
