// Goal: the arithmetic of docs/scaling.md has the model's real sizes, and each term goes the way it must.
// Method: numbers that are known, and comparisons of workloads that differ in one thing.
import { describe, expect, it } from 'vitest';
import { modelZoo } from '#model/zoo/presets.js';
import { cpu, gpu, stores } from './machines.js';
import { phaseSeconds, stepCosts, totalOf, type Workload } from './step-costs.js';

const workload: Workload = {
  name: 'ViT-B-32',
  model: modelZoo.find('ViT-B-32')!.config,
  batch: 4096,
  shardSize: 64,
};
const [file, slow, , fast] = stores;

describe('the costs of a step', () => {
  it('are those of the model: 151,277,313 parameters, 14.78 GFLOP a pair forward, 8·N²·d of loss', () => {
    const { shards, parameterBytes, embeddingBytes, forwardFlops, lossFlops } = stepCosts(workload);
    expect(shards).toBe(64);
    expect(parameterBytes).toBe(4 * 151_277_313);
    expect(embeddingBytes).toBe(2 * 4 * 4096 * 512);
    expect(forwardFlops / 1e9).toBeCloseTo(14.78, 1);
    expect(lossFlops).toBe(8 * 4096 ** 2 * 512);
  });

  it('with one worker the towers take their operations over its rate, three times forward', () => {
    const phases = phaseSeconds(workload, 1, cpu, file!);
    const towers = (3 * 4096 * stepCosts(workload).forwardFlops) / (cpu.forwardGigaflops * 1e9);
    expect(totalOf(phases)).toBeGreaterThan(towers);
    expect(totalOf(phases)).toBeLessThan(1.1 * towers);
  });

  it('more workers share the towers, and send more sums to the coordinator', () => {
    const [few, many] = [8, 64].map((workers) => phaseSeconds(workload, workers, gpu, slow!));
    expect(many!.encode).toBeLessThan(few!.encode);
    expect(many!.backprop).toBeGreaterThan(few!.backprop);
    expect(phaseSeconds(workload, 64, gpu, fast!).backprop).toBeLessThan(many!.backprop);
  });

  it('workers beyond the number of shards change nothing', () => {
    expect(phaseSeconds(workload, 64, cpu, file!)).toEqual(phaseSeconds(workload, 512, cpu, file!));
  });
});
