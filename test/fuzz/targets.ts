import type { Target } from './target.js';
import { api } from './targets/api.js';
import { checkpoint } from './targets/checkpoint.js';
import { dataset } from './targets/dataset.js';
import { folder } from './targets/folder.js';
import { image } from './targets/image.js';
import { modelConfig } from './targets/model-config.js';
import { queue } from './targets/queue.js';
import { records } from './targets/records.js';
import { document } from './targets/run-document.js';
import { safetensors } from './targets/safetensors.js';
import { table } from './targets/table.js';
import { tar } from './targets/tar.js';
import { tokenizer } from './targets/tokenizer.js';
import { torch } from './targets/torch.js';
import { weights } from './targets/weights.js';

/** All targets, by their names on the command line. */
export const targets: Readonly<Record<string, Target>> = {
  api,
  queue,
  safetensors,
  torch,
  weights,
  checkpoint,
  'model-config': modelConfig,
  tokenizer,
  'run-document': document,
  dataset,
  tar,
  table,
  records,
  folder,
  image,
};
