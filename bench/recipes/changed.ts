import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { Variant } from './variants.js';

/** A run document with the changes of a variant, which are merged section by section. */
export function changed(recipe: RunConfigInput, variant: Variant, train: string): RunConfigInput {
  const { model, ...sections } = variant;
  const merged = merge(recipe, sections) as RunConfigInput;
  return {
    ...merged,
    model: merge(recipe.model, model ?? {}) as RunConfigInput['model'],
    data: { ...merged.data, train },
  };
}

function merge(left: unknown, right: unknown): unknown {
  if (!isSection(left) || !isSection(right)) return right;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...keys].map((key) => [key, key in right ? merge(left[key], right[key]) : left[key]]));
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
