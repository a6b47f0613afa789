import { StandardSchemaValidationPipe } from '@nestjs/common';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Validates the query by its schema. Throws one CONFIG_INVALID error that lists every problem. */
export const queryPipe = schemaPipe('query');
/** Validates the body, likewise. */
export const bodyPipe = schemaPipe('body');

function schemaPipe(part: 'query' | 'body'): StandardSchemaValidationPipe {
  return new StandardSchemaValidationPipe({
    exceptionFactory(issues) {
      const problems = issues.map(({ path = [], message }) => ({
        path: path.map((key) => String(typeof key === 'object' ? key.key : key)).join('.') || `(${part})`,
        message,
      }));
      return new TandemError({
        code: ErrorCode.ConfigInvalid,
        message:
          `The ${part} has ${problems.length} problem${problems.length > 1 ? 's' : ''}: ` +
          `${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
        help: `/docs describes the ${part === 'query' ? 'parameters' : 'body'} of each endpoint.`,
        problems,
      });
    },
  });
}
