// Goal: a leader that was frozen while it wrote a checkpoint, and goes on when another has written the same step's,
// harms nothing. Method: its store holds up one write after another until the other leader is through.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { parseRunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { saveCheckpoint, type CheckpointExtras, type Ownership } from './save-checkpoint.js';
import type { TrainingState } from './training-state.js';

const { checkpoints } = runKeys('r');
const config = parseRunConfig({
  name: 'r',
  model: {
    embed_dim: 8,
    vision_cfg: { image_size: 16, layers: 1, width: 16, patch_size: 8, head_width: 8 },
    text_cfg: { context_length: 8, vocab_size: 514, width: 16, heads: 2, layers: 1 },
  },
  tokenizer: { kind: 'bpe', vocabulary: 514 },
  data: { train: 'none' },
  batch: 2,
  shards: 1,
  steps: 7,
});
const state: TrainingState = {
  step: 7,
  lossParameters: { logit_scale: 1 },
  parameters: Uint8Array.of(1, 2, 3),
  moments: Uint8Array.of(4, 5),
};
/** The numbers of steps differ: they say how long each took. */
const extrasOf = (stepMs: number): CheckpointExtras => ({
  config,
  best: undefined,
  tokenizer: { format: 'tandem-bpe', version: 2, vocabulary: 514, merges: [] },
  metrics: [{ stepMs }] as unknown as CheckpointExtras['metrics'],
});

let store: Store;
beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-checkpoint-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  store = openStore(directory);
});

const writes = Object.keys(checkpointBlobs).length + 1;

it.each(Array.from({ length: writes }, (_, before) => before))(
  'C2: frozen before write %i, it leaves the checkpoint of the next leader as it is and is told',
  async (before) => {
    let leader = 1;
    let written = 0;
    const ownership = (epoch: number): Ownership => ({
      epoch,
      checkOwner: async () => {
        if (epoch !== leader) throw new TandemError({ code: ErrorCode.Conflict, message: 'another leads' });
      },
    });
    const frozen: Store = {
      ...store,
      async put(...put) {
        if (written++ === before) await saveCheckpoint(store, 'r', state, extrasOf(2), ownership((leader = 2)));
        await store.put(...put);
      },
    };
    await expect(saveCheckpoint(frozen, 'r', state, extrasOf(1), ownership(1))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect([leader, written]).toEqual([2, writes]);
    const { folder } = (await latestCheckpoint(store, checkpoints))!;
    const { blobs } = await readCheckpoint(store, folder);
    expect(new TextDecoder().decode(blobs[checkpointBlobs.metrics])).toContain('"stepMs":2');
    expect(Uint8Array.from(blobs[checkpointBlobs.parameters]!)).toEqual(state.parameters);
  },
);
