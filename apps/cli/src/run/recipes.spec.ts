// Goal: every recipe is a run document, as it is and with the lines that it offers as comments.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelZoo, preset } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig } from '#protocol/run/run-config.js';
import { readRunDocument } from './run-document.js';
import { recipeFor, recipeNames, recipeText, writeRecipe, type RecipeName } from './recipes.js';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tandem-test-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function parsed(text: string): RunConfig {
  const path = join(folder, 'parsed.yaml');
  writeFileSync(path, text);
  const document = readRunDocument(path);
  // The weights of a recipe that starts from some would say which model it is.
  return parseRunConfig({ ...document, model: document.model ?? preset('ViT-B-32')! }, modelZoo);
}

describe.each(recipeNames)('the recipe %s', (name: RecipeName) => {
  it('is a run document of its name', () => {
    const { name: named, data, init, evaluation } = parsed(recipeText(name));
    expect(named).toBe(name);
    expect(data.train).toMatch(/^(\/|s3:)/);
    expect(init !== undefined).toBe(name === 'small-from-weights');
    expect(evaluation.zeroShot).toEqual([]);
  });

  it('is one with an evaluation when the marks before it are taken away', () => {
    const text = recipeText(name).replaceAll(/^( *)# (evaluation:|  .*|keepBest:.*)$/gm, '$1$2');
    const { evaluation, checkpoint } = parsed(text);
    expect(evaluation.zeroShot.map((one) => one.name)).toEqual(['held-out']);
    expect(evaluation.everySteps).toBeGreaterThan(1);
    expect(checkpoint.keepBest).toBe(name === 'large' ? undefined : 'held-out');
  });

  it('names the data it is given, and evaluates on what was held out', () => {
    const { data, evaluation, checkpoint } = parsed(recipeFor(name, { train: 'my pairs', heldOut: '/a, {b}' }));
    expect(data.train).toBe(join(folder, 'my pairs'));
    expect(evaluation.zeroShot).toMatchObject([{ name: 'held-out', data: '/a, {b}' }]);
    expect(checkpoint.keepBest).toBe(name === 'large' ? undefined : 'held-out');
    const alone = parsed(recipeFor(name, { train: 'pairs' }));
    expect([alone.data.train, alone.evaluation.zeroShot]).toEqual([join(folder, 'pairs'), []]);
    expect(recipeFor(name, { heldOut: 'x' })).not.toContain('marks');
  });

  it('is written with its comments, over nothing', () => {
    const path = join(folder, `${name}.yaml`);
    writeRecipe(name, path);
    expect(readFileSync(path, 'utf8')).toBe(recipeText(name));
    expect(() => writeRecipe(name, path)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
    expect(() => writeRecipe(name, join(folder, 'none', 'run.yaml'))).toThrow(/none\/run\.yaml, got ENOENT/);
  });
});
