import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { ErrorCode, TandemError, type Problem } from '#protocol/tandem-error.js';

/** No parameter is a list: one that is given twice would be read as one number that is none. */
class QueryPipe extends StandardSchemaValidationPipe {
  override async transform<T = unknown>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const repeated = Object.entries(value as Record<string, unknown>).filter(([, given]) => typeof given !== 'string');
    if (repeated.length > 0)
      throw refusal(
        'query',
        repeated.map(([path, given]) => ({
          path,
          message: `expected one value, got ${Array.isArray(given) ? given.length : 'a structure'}`,
        })),
      );
    return super.transform(value, metadata);
  }
}

/** Validates the query by its schema. Throws one CONFIG_INVALID error that lists every problem. */
export const queryPipe = schemaPipe('query');
/** Validates the body, likewise. */
export const bodyPipe = schemaPipe('body');

type Part = 'query' | 'body';

function schemaPipe(part: Part): StandardSchemaValidationPipe {
  const options = {
    exceptionFactory: (issues: Parameters<ExceptionFactory>[0]) =>
      refusal(
        part,
        issues.map(({ path = [], message }) => ({
          path: path.map((key) => String(typeof key === 'object' ? key.key : key)).join('.') || `(${part})`,
          message,
        })),
      ),
  };
  return part === 'query' ? new QueryPipe(options) : new StandardSchemaValidationPipe(options);
}

type ExceptionFactory = NonNullable<
  NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory']
>;

function refusal(part: Part, problems: readonly Problem[]): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `The ${part} has ${problems.length} problem${problems.length > 1 ? 's' : ''}: ` +
      `${problems.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    help: `/docs describes the ${part === 'query' ? 'parameters' : 'body'} of each endpoint.`,
    problems,
  });
}
