import {
  clipConfigSchema,
  type ClipConfig,
  type ClipConfigInput,
  type ModelZoo,
  type NamedModel,
} from '#protocol/run/run-config.js';
import { parameterSpecs } from '../parameters/parameters.js';
import { resNets } from './resnets.js';
import { sigLips } from './siglip.js';
import { quickGeluVisionTransformers, visionTransformers } from './vision-transformers.js';

/** The models that have names. To add one, add a row to resnets.ts, vision-transformers.ts or siglip.ts. */
export const modelZoo: ModelZoo = { find: findModel, nearest: nearestNames, parameters: parameterSpecs };

/** Names of all models, in open_clip's spelling. */
export function presetNames(): string[] {
  return Object.keys(presets);
}

/** The model of this name. `…-quickgelu` is the same model with QuickGELU, which OpenAI's weights need. */
export function preset(name: string): ClipConfig | undefined {
  return findModel(name)?.config;
}

const presets: Readonly<Record<string, ClipConfigInput>> = {
  ...resNets,
  ...visionTransformers,
  ...sigLips,
  ...withQuickGelu(resNets, Object.keys(resNets)),
  ...withQuickGelu(visionTransformers, quickGeluVisionTransformers),
};

/** Names that are not open_clip's; they are case-sensitive, because case tells g from G. */
const aliases: Readonly<Record<string, string>> = { 'ViT-G-14': 'ViT-bigG-14' };

const namesBySpelling = new Map(presetNames().map((name) => [spelling(name).toLowerCase(), name]));

/** Accepts any case, and OpenAI's spelling: ViT-B/32, ViT-L/14@336px. */
function findModel(asked: string): NamedModel | undefined {
  const alias = Object.hasOwn(aliases, spelling(asked)) ? aliases[spelling(asked)] : undefined;
  const name = alias ?? namesBySpelling.get(spelling(asked).toLowerCase());
  return name === undefined ? undefined : { name, config: clipConfigSchema.parse(presets[name]) };
}

function nearestNames(asked: string): string[] {
  const wanted = spelling(asked).toLowerCase();
  const byDistance = [...namesBySpelling].map(([spelled, name]) => ({ name, distance: editDistance(wanted, spelled) }));
  return byDistance
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

function spelling(name: string): string {
  return name
    .trim()
    .replace(/[/@_ ]/g, '-')
    .replace(/(\d)px$/i, '$1');
}

function withQuickGelu(
  models: Readonly<Record<string, ClipConfigInput>>,
  names: readonly string[],
): Record<string, ClipConfigInput> {
  return Object.fromEntries(
    names.map((name) => [`${name}-quickgelu`, { ...(models[name] as ClipConfigInput), quick_gelu: true }]),
  );
}

/** Number of letters to insert, remove or replace to turn one word into the other. Source: Wagner and Fischer 1974. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j]! + (letter === b[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
