import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { preset } from '#model/zoo/presets.js';
import { readModel } from '../models/model-config.js';
import { readRunDocument } from './run-document.js';

/** A config in the form of open_clip's files. */
const config = {
  embed_dim: 64,
  vision_cfg: { image_size: 32, layers: 2, width: 64, patch_size: 8 },
  text_cfg: { context_length: 77, vocab_size: 49_408, width: 64, heads: 1, layers: 2 },
};

/** The same with its defaults. */
const filled = {
  ...config,
  quick_gelu: false,
  vision_cfg: { ...config.vision_cfg, head_width: 64, mlp_ratio: 4 },
  text_cfg: { ...config.text_cfg, mlp_ratio: 4 },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('readRunDocument', () => {
  it("reads a model's config into the document, from its path or as the document's folder sees it", () => {
    const path = write('small.json', JSON.stringify(config));
    for (const model of [path, 'small.json', './small.json']) {
      expect(readRunDocument(write('run.yaml', `name: a\nmodel: ${model}\n`))).toEqual({ name: 'a', model: filled });
    }
  });

  it("sees every relative path from the document's folder, wherever it is read", () => {
    const path = write(
      'run.yaml',
      'data: {train: pairs}\ninit: ../w.bin\nevaluation: {zeroShot: [{name: a, data: ./b}, {data: "s3://c/d"}]}\n',
    );
    expect(readRunDocument(relative(process.cwd(), path))).toEqual({
      data: { train: join(folder, 'pairs') },
      init: join(folder, '../w.bin'),
      evaluation: { zeroShot: [{ name: 'a', data: join(folder, 'b') }, { data: 's3://c/d' }] },
    });
  });

  it('refuses relative paths for a coordinator on another machine, all of them at once', () => {
    const path = write('run.yaml', 'data: {train: pairs}\ninit: /w.bin\nstore: file:here\n');
    const elsewhere = 'http://far:7400';
    expect(() => readRunDocument(path, { elsewhere })).toThrow(
      /has 2 problems:\n {2}store: .* http:\/\/far:7400 sees, got "file:here"\n {2}data.train: .*got "pairs"/,
    );
    expect(readRunDocument(write('run.yaml', 'data: {train: /pairs}'), { elsewhere })).toEqual({
      data: { train: '/pairs' },
    });
  });

  it('leaves the name of a model as it is, and a file that is no run document too', () => {
    expect(readRunDocument(write('run.yaml', 'model: ViT-B/32'))).toEqual({ model: 'ViT-B/32' });
    expect(readRunDocument(write('empty.yaml', ''))).toBeNull();
  });

  it('says which file is missing or is not YAML', () => {
    expect(() => readRunDocument(write('run.yaml', 'model: absent.json'))).toThrow(
      /^Model config: there is no file \/.*absent\.json$/,
    );
    write('torn.json', '{ "embed_dim": ');
    expect(() => readRunDocument(write('run.yaml', 'model: torn.json'))).toThrow(/^Model config: .*torn\.json, got /);
    expect(() => readRunDocument(join(folder, 'none.yaml'))).toThrow(/^Run document: there is no file .*none\.yaml$/);
  });
});

describe('readModel', () => {
  it('takes a name or a path', () => {
    expect(readModel('vit-b/32')).toEqual({ name: 'ViT-B-32', config: preset('ViT-B-32') });
    expect(readModel(write('small.json', JSON.stringify(config)))).toEqual({ name: 'small', config: filled });
    expect(
      readModel(write('open_clip_config.json', JSON.stringify({ model_cfg: config, preprocess_cfg: {} }))).config,
    ).toEqual(filled);
  });

  it('says what is wrong with either', () => {
    expect(() => readModel('ViT-B32')).toThrow('got "ViT-B32"; the nearest names are ViT-B-32, ');
    expect(() => readModel(write('wide.json', JSON.stringify({ ...config, width: 3 })))).toThrow(
      /wide\.json has 1 problem:\n {2}\(top level\): unknown key "width"/,
    );
  });
});
