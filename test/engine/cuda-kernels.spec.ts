// Goal: what NVIDIA's driver and compiler are asked for is what their headers declare, and the kernels of training
// steps are programs for its GPUs. Method: NVRTC, which needs no GPU, compiles a step of each kind of tower; prototypes
// are compared with the text of cuda.h. No kernel runs here.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeKernels } from '#engine/kernels/write-kernels.js';
import { cudaSignatures } from '#engine/run/kernels/cuda-library.js';
import type { Nvrtc } from '#engine/run/kernels/nvrtc.js';
import { trace } from '#engine/trace/trace.js';
import { preset } from '#model/zoo/presets.js';
import { towerGradientInputs, towerGradients } from '#model/towers/tower-step.js';
import { installedNvrtc } from '../support/gpu/nvrtc.js';

const nvrtc = installedNvrtc();
const reason = 'missing' in nvrtc ? `: ${nvrtc.missing}` : '';

describe.skipIf('missing' in nvrtc)(`NVRTC compiles the kernels of a training step${reason}`, () => {
  it.each([
    ['ViT-B-32', 'image', 80],
    ['ViT-B-32', 'text', 90],
    ['RN50', 'image', 90],
  ] as const)(
    'of %s, %s tower, for sm_%i',
    (model, tower, architecture) => {
      const config = preset(model)!;
      const program = trace(towerGradients(config, tower), towerGradientInputs(config, tower, 2));
      const { source } = writeKernels(program);
      const code = Buffer.from((nvrtc as Nvrtc).compile(source, architecture));
      const names = [...source.matchAll(/^KERNEL void (\w+)/gm)].map(([, name]) => name!);
      expect(names.length).toBeGreaterThan(20);
      expect(names.filter((name) => !code.includes(name))).toEqual([]);
    },
    600_000,
  );

  it('and says what is wrong with a text that is none', () => {
    expect(() => (nvrtc as Nvrtc).compile('KERNEL void k(GLOBAL float *p) { p[0] = nothing; }', 90)).toThrow(
      /NVRTC does not compile for sm_90: .*identifier "nothing" is undefined/s,
    );
  });
});

const header = [process.env['CUDA_HOME'] ?? '', '/usr/local/cuda']
  .map((home) => `${home}/include/cuda.h`)
  .find((path) => existsSync(path));

describe.skipIf(header === undefined)(`prototypes${header === undefined ? ': no cuda.h' : ''}`, () => {
  it.each(Object.entries(cudaSignatures))('%s is what cuda.h declares', (name, signature) => {
    const text = readFileSync(header!, 'utf8').replace(/\/\*.*?\*\//gs, '');
    const versioned = new RegExp(`^#define (\\w+) +(?:__CUDA_API_PT\\w\\w\\()?${name}\\)?$`, 'm').exec(text)?.[1];
    // A function without another version has its own name, which nothing maps to one of a later version.
    if (versioned === undefined) expect(text).not.toMatch(new RegExp(`^#define ${name} .*${name}_v\\d`, 'm'));
    const declared = new RegExp(`CUresult CUDAAPI ${versioned ?? name}\\(([^)]*)\\);`).exec(text)?.[1];
    expect(declared, `${name} in cuda.h`).toBeDefined();
    expect(signature).toMatch(/^int /); // CUresult is an enum.
    expect(kindsOf(signature.slice(signature.indexOf('(') + 1, -1))).toEqual(kindsOf(declared!));
  });
});

/** Types by what the calling convention sees: a pointer, or the bits of an integer. */
function kindsOf(parameters: string): string[] {
  return parameters.split(',').map((parameter) => {
    if (parameter.includes('*')) return 'pointer';
    const type = parameter
      .trim()
      .replace(/^const /, '')
      .replace(/ [a-zA-Z]+$/, (word) => (parameter.trim() === `unsigned${word}` ? word : ''));
    const kind = kinds[type.trim()];
    if (kind === undefined) throw new Error(`no kind is known for the type of '${parameter.trim()}'`);
    return kind;
  });
}

const kinds: Readonly<Record<string, string>> = {
  int: '32 bits',
  'unsigned int': '32 bits',
  uint32_t: '32 bits',
  CUdevice: '32 bits',
  CUdevice_attribute: '32 bits',
  CUresult: '32 bits',
  'unsigned char': '8 bits',
  uint8_t: '8 bits',
  size_t: '64 bits',
  CUdeviceptr: '64 bits',
  uint64_t: '64 bits',
  CUcontext: 'pointer',
  CUstream: 'pointer',
  CUmodule: 'pointer',
  CUfunction: 'pointer',
};
