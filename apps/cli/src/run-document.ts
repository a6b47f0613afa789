import { readFileSync } from 'node:fs';
import { YAMLParseError, parse } from 'yaml';
import type { RunConfigInput } from '#protocol/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Read a run document, YAML or JSON. What it says is checked by who runs it. Throws CONFIG_INVALID. */
export function readRunDocument(path: string): RunConfigInput {
  try {
    return parse(readFileSync(path, 'utf8')) as RunConfigInput;
  } catch (cause) {
    const isSyntax = cause instanceof YAMLParseError;
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Run document: expected YAML or JSON in ${path}, got ${isSyntax ? cause.message.split('\n')[0] : (cause as Error).message}`,
      help: isSyntax ? 'demo/run.yaml is a complete example.' : 'Give the path of a run document; demo/run.yaml is a complete example.',
      cause,
    });
  }
}
