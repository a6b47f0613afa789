import { StandardSchemaValidationPipe } from '@nestjs/common';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Validates the query by its schema. Throws one CONFIG_INVALID error that lists every problem. */
export const queryPipe = new StandardSchemaValidationPipe({
  exceptionFactory(issues) {
    const problems = issues.map(({ path = [], message }) => ({
      path: path.map((key) => String(typeof key === 'object' ? key.key : key)).join('.') || '(query)',
      message,
    }));
    return new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `The query has ${problems.length} problem${problems.length > 1 ? 's' : ''}: ` +
        `${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
      help: '/docs describes the parameters of each endpoint.',
      problems,
    });
  },
});
