// Goal: `tandem profile` gives times by operator and by layer that add up to the whole, with the names of the model's
// layers. Method: the command on a tiny model.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import type { TowerProfile } from '../../apps/cli/src/profile/tower-profile.js';
import { startCommand } from '../support/command.js';
import { runDocument } from '../support/coordinator.js';

let folder: string;
let document: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-test-'));
  document = join(folder, 'run.yaml');
  await writeFile(document, stringify(runDocument()));
});
afterAll(() => rm(folder, { recursive: true }));

async function profile(...args: readonly string[]): Promise<{
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly output: string;
  readonly left: readonly string[];
}> {
  const command = await startCommand(['profile', ...args]);
  const code = await command.exit;
  const ended = { code, stdout: command.stdout(), output: command.output(), left: await command.leftBehind() };
  await command.close();
  return ended;
}

describe('tandem profile', () => {
  it('breaks both towers down by operator and by layer, and leaves nothing behind', async () => {
    const { code, stdout, left } = await profile('--config', document, '--batch', '3', '--runs', '2', '--json');
    expect([code, left]).toEqual([0, []]);
    const { batch, towers } = JSON.parse(stdout) as {
      readonly batch: number;
      readonly towers: readonly TowerProfile[];
    };
    expect([batch, towers.map(({ tower }) => tower)]).toEqual([3, ['image', 'text']]);
    for (const { parts, operators, layers, blocks, stashBytes } of towers) {
      expect(stashBytes).toBeGreaterThan(0);
      for (const shares of [operators, layers, blocks]) {
        for (const of of ['kernels', 'flops', 'matmulMs'] as const) {
          expect(sum(shares.map((share) => share[of]))).toBeCloseTo(sum(parts.map((part) => part[of])), 6);
        }
      }
    }
  });

  it("names layers as the model's parameters are named", async () => {
    const { stdout } = await profile('--config', document, '--tower', 'text', '--runs', '1', '--json');
    const { towers } = JSON.parse(stdout) as { readonly towers: readonly TowerProfile[] };
    const names = parameterSpecs(parseRunConfig(runDocument(), modelZoo).model)
      .filter(({ tower }) => tower === 'text')
      .map(({ name }) => name);
    const layers = towers[0]!.layers.map(({ name }) => name).filter((name) => name.includes('.'));
    expect(layers).toContain('transformer.resblocks.0.mlp.c_fc');
    expect(layers.filter((layer) => !names.some((name) => name.startsWith(layer)))).toEqual([]);
  });

  it('prints tables for people', async () => {
    const { output } = await profile('--config', document, '--tower', 'image', '--runs', '1', '--threads', '1');
    expect(output).toMatch(
      /PART +TIME[^]*image forward +[\d.]+ ms[^]*image: built in [\d.]+ s[^]*IMAGE BY OPERATOR[^]*FusedMatMul[^]*IMAGE BY LAYER[^]*visual\.conv1[^]*BLOCKS[^]*mlp\.c_fc/,
    );
  });

  it('refuses a precision that the device does not have, with the reason', async () => {
    const { code, output } = await profile('--config', document, '--precision', 'float16');
    expect(code).toBe(2);
    expect(output).toMatch(/multiplies matrices in float16, got cpu [^]*no such matmuls for the CPU/);
  });

  it('refuses an unknown model, and two models at once', async () => {
    for (const [args, message] of [
      [['--model', 'ViT-Z'], /got "ViT-Z"[^]*tandem models/],
      [['--model', 'ViT-B-32', '--config', document], /one of --model and --config, got both/],
    ] as const) {
      const { code, output } = await profile(...args);
      expect(code).toBe(2);
      expect(output).toMatch(message);
    }
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
