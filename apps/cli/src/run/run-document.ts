import { dirname, resolve } from 'node:path';
import { shownJson } from '#protocol/input/shown.js';
import { isRelativeLocation, locationFrom, placesIn, withPlaces } from '#protocol/run/document-places.js';
import { configError } from '#protocol/run/config-problems.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import { isConfigPath, readConfigFile } from '../models/model-config.js';
import { readYamlFile } from './yaml-file.js';

export interface ReadOptions {
  /** Address of a coordinator on another machine, which does not see this one's files: relative paths are refused. */
  readonly elsewhere?: string | undefined;
}

/**
 * Read a run document, YAML or JSON. Its relative paths are seen from its own folder and become absolute. Where its
 * model is the path of a config, the config takes the place of the path, because the coordinator may not have that
 * file. The coordinator checks the contents. Throws CONFIG_INVALID where a file cannot be read.
 */
export function readRunDocument(path: string, { elsewhere }: ReadOptions = {}): RunConfigInput {
  const document = readYamlFile({
    what: 'Run document',
    path,
    example: '`tandem train --recipe small` writes one.',
  }) as RunConfigInput;
  if (elsewhere !== undefined) refuseRelative(document, elsewhere);
  const folder = dirname(resolve(path));
  const placed = withPlaces(document, (location) => locationFrom(folder, location));
  const model: unknown = (placed as RunConfigInput | null)?.model;
  if (typeof model !== 'string' || !isConfigPath(model)) return placed;
  return { ...placed, model: readConfigFile(resolve(folder, model)) };
}

function refuseRelative(document: unknown, coordinator: string): void {
  const relative = placesIn(document).filter(({ location }) => isRelativeLocation(location));
  if (relative.length === 0) return;
  const problems = relative.map(({ path, location }) => ({
    path,
    message: `expected an absolute path or a URL that ${coordinator} sees, got ${shownJson(location)}`,
  }));
  throw configError(
    'run document',
    problems,
    'The coordinator runs on another machine. Name places as they are called there, or in a store that both reach.',
  );
}
