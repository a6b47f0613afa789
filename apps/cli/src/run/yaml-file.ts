import { readFileSync } from 'node:fs';
import { YAMLParseError, parse } from 'yaml';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export interface YamlFile {
  /** What it holds, for the error: "Run document". */
  readonly what: string;
  readonly path: string;
  /** Where an example is, for the error. */
  readonly example: string;
}

/** What a file of YAML or JSON says, unchecked. Throws CONFIG_INVALID where it cannot be read or is neither. */
export function readYamlFile({ what, path, example }: YamlFile): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const isSyntax = cause instanceof YAMLParseError;
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `${what}: expected YAML or JSON in ${path}, got ${isSyntax ? cause.message.split('\n')[0] : (cause as Error).message}`,
      help: isSyntax ? example : `Give the path of a ${what.toLowerCase()}; ${example}`,
      cause,
    });
  }
}
