import type { Bar, Figure } from './figure.js';

/** All figures, in the order they are measured. MatMul is ONNX Runtime's own float32 matmul of 2048 × 2048 matrices. */
export const figures: readonly Figure[] = [
  {
    name: 'step/vit-b-32',
    bar: atLeast(0.8),
    module: 'step-vit-b-32',
    about: 'training step of ViT-B/32 (towers and loss, N = 64, b = 16) with stash, against MatMul',
  },
  {
    name: 'stash',
    bar: atLeast(1.2),
    module: 'step-vit-b-32',
    about: 'the same step without stash, against with stash; 4/3 is the limit',
  },
  {
    name: 'step/small',
    bar: atLeast(0.65),
    module: 'step-small',
    about: 'training step of a small model (256 wide, 6 layers, N = 256, b = 64), against MatMul',
  },
  {
    name: 'loss/16384',
    bar: atLeast(0.6),
    module: 'loss-16384',
    about: 'loss and its gradients, N = 16,384, d = 512, against MatMul',
  },
  {
    name: 'loss/16384/memory',
    bar: atMost(1),
    module: 'loss-16384-memory',
    about: 'memory of this loss beyond embeddings and gradients, against 64 MiB',
  },
  {
    name: 'loss/131072',
    bar: reported(),
    module: 'loss-131072',
    about: 'loss and its gradients, N = 131,072, d = 64, against MatMul',
  },
  {
    name: 'loss/131072/memory',
    bar: atMost(1),
    module: 'loss-131072',
    about: 'all memory of this loss, against 512 MiB',
  },
  {
    name: 'adamw/151M',
    bar: atMost(2),
    module: 'adamw',
    about: 'update of 151 M parameters, against a pass that reads and writes the same bytes',
  },
  {
    name: 'reduce/151M',
    bar: atMost(2),
    module: 'reduce',
    about: "adding a shard's gradient to the total, against such a pass",
  },
  {
    name: 'build/vit-b-32',
    bar: atMost(1),
    module: 'build',
    about: 'trace, lower and compile both towers of ViT-B/32, against 10 s',
  },
  {
    name: 'build/vit-b-32/cached',
    bar: atMost(1),
    module: 'build',
    about: 'the same in another process, from the cache on disk, against without',
  },
  {
    name: 'build/vit-b-32/graph',
    bar: atMost(1),
    module: 'build',
    about: 'the largest of the graphs of both towers, against 2 MiB',
  },
  {
    name: 'memory/vit-b-32/recompute',
    bar: atMost(1),
    module: 'memory',
    about: "a worker's peak memory, ViT-B/32, N = 64, b = 16, without stash, against 3 GiB",
  },
  { name: 'memory/vit-b-32/stash', bar: reported(), module: 'memory', about: 'the same with stash, against without' },
  {
    name: 'input',
    bar: atLeast(1),
    module: 'data/input',
    about: 'pairs with a 224 px JPEG decoded, augmented and tokenised per second of one core, against 300',
  },
  {
    name: 'input/wait',
    bar: atMost(0.03),
    module: 'data/input-wait',
    about: "a worker's wait for samples, small model, against the time of the step",
  },
  {
    name: 'corpus/match',
    bar: atLeast(1),
    module: 'corpus-match',
    about: 'captions matched with 500,000 queries and balanced per second of one core, against 100,000',
  },
  { name: 'corpus/match/memory', bar: atMost(1), module: 'corpus-match', about: 'all memory of this, against 2 GiB' },
  {
    name: 'prepare',
    bar: atLeast(1),
    module: 'data/prepare',
    about: 'pictures of 16 px prepared per second of two cores, from a table, against 1,500',
  },
  {
    name: 'prepare/rows/memory',
    bar: atMost(1),
    module: 'data/prepare',
    about: 'memory for a table of 1,000,000 rows while its pictures are found, against 256 MiB',
  },
  {
    name: 'download',
    bar: atLeast(1),
    module: 'data/download',
    about: 'pictures of 128 px downloaded and stored per second of two cores, with the server on them, against 500',
  },
  {
    name: 'threads/tiny',
    bar: reported(),
    module: 'threads',
    about: 'pairs per second with a tiny model: one worker with all cores, against one worker per core',
  },
  { name: 'threads/small', bar: reported(), module: 'threads', about: 'the same with the small model' },
  {
    name: 'pool/demo',
    bar: atLeast(0.85),
    module: 'pool/cost',
    about: 'steps of a tiny model (N = 256) on two workers of one thread, against one process of two threads',
  },
  { name: 'pool/small', bar: atLeast(0.95), module: 'pool/cost', about: 'the same with the small model' },
  {
    name: 'pool/two-runs',
    bar: atLeast(0.95),
    module: 'pool/shared',
    about: 'two runs at once on four workers, against one after the other',
  },
  {
    name: 'pool/slow-worker',
    bar: atMost(1.5),
    module: 'pool/shared',
    about: 'a step while one of four workers gets a tenth of the time, against a step undisturbed',
  },
  {
    name: 'pool/growth/keys',
    bar: atMost(1.1),
    module: 'pool/growth',
    about: 'keys in Redis before step 10,000 of a run, against before step 2,000',
  },
  { name: 'pool/growth/blobs', bar: atMost(1.1), module: 'pool/growth', about: 'the same for blobs in the store' },
  {
    name: 'pool/growth/memory',
    bar: atMost(1.2),
    module: 'pool/growth',
    about: 'the same for the memory of coordinator, worker and Redis together',
  },
  { name: 'pool/growth/files', bar: atMost(1.1), module: 'pool/growth', about: 'the same for their open files' },
  {
    name: 'serve/flood/lists',
    bar: atLeast(0.8),
    module: 'pool/serve',
    about: 'steps of a tiny model while 8 clients list runs as fast as they can, against while a core is burnt',
  },
  { name: 'serve/flood/metrics', bar: atLeast(0.8), module: 'pool/serve', about: 'the same for /metrics' },
  { name: 'serve/flood/document', bar: atLeast(0.8), module: 'pool/serve', about: 'the same for /docs-json' },
  { name: 'serve/flood/wrong-keys', bar: atLeast(0.8), module: 'pool/serve', about: 'the same with a wrong key' },
  {
    name: 'pool/simulated',
    bar: atMost(1),
    module: 'pool/simulated',
    about: "the coordinator's CPU time of a step of 256 shards, 64 workers that answer at once, against 150 ms",
  },
  {
    name: 'pool/simulated/1000',
    bar: reported(),
    module: 'pool/simulated',
    about: 'the same with 512 shards and 1,000 workers',
  },
];

/** The figures measured with --gpu instead, on the device `webgpu`. */
export const gpuFigures: readonly Figure[] = (['float32', 'float16'] as const).flatMap((precision) => [
  {
    name: `gpu/vit-b-32/${precision}`,
    bar: reported(),
    module: 'gpu-vit-b-32',
    about:
      `training step of ViT-B/32 (N = 256, b = 64) in ${precision}, against a matmul of 4096 × 4096 ` +
      'matrices in the same precision',
  },
  {
    name: `gpu/vit-b-32/${precision}/pairs`,
    bar: reported(),
    module: 'gpu-vit-b-32',
    about: 'the same in pairs per second',
  },
]);

function atLeast(ratio: number): Bar {
  return { kind: 'atLeast', ratio };
}

function atMost(ratio: number): Bar {
  return { kind: 'atMost', ratio };
}

function reported(): Bar {
  return { kind: 'reported' };
}
