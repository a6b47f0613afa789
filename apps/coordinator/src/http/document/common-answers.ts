import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['get']>;

/** The content type of an error body. */
export const problemContent = 'application/problem+json';
/** Marks an operation whose body may be left out. It is not written. */
export const optionalBody = 'x-tandem-optional-body';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The paths with what no endpoint says itself, because it holds for all of its kind. */
export function withCommonAnswers(paths: Paths): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => {
      const operations = methods.flatMap((method) => {
        const operation = item[method];
        return operation ? [[method, complete(path, method, operation)] as const] : [];
      });
      return [path, { ...item, ...Object.fromEntries(operations) }];
    }),
  );
}

function complete(path: string, method: string, operation: Operation): Operation {
  const { [optionalBody]: isOptional, ...rest } = operation as Operation & { [optionalBody]?: boolean };
  const security = [...new Map((rest.security ?? []).map((one) => [JSON.stringify(one), one])).values()];
  const parameters = (rest.parameters ?? []) as readonly { readonly in?: string }[];
  const has = (place: string): boolean => parameters.some((parameter) => parameter.in === place);
  const responses = {
    ...(has('path') && refusal(400, 'The path cannot be decoded.')),
    ...(method !== 'get' && security.length > 0 && refusal(403, 'A session without the header x-tandem-page: 1.')),
    ...(has('query') && refusal(422, 'The query has problems; all are listed.')),
    ...refusal(401, 'A wrong key.'),
    // Whether it lives, and is ready, is told to everyone at any time.
    ...(!path.startsWith('/health/') && {
      ...refusal(429, 'Too many requests, or too many with wrong keys; `retry-after` says for how long to wait.'),
      ...refusal(503, 'This coordinator stands by, or the store or Redis fails.'),
    }),
    ...Object.fromEntries(
      Object.entries(rest.responses).map(([status, answer]) => [status, described(status, answer)]),
    ),
  };
  const body = rest.requestBody && 'content' in rest.requestBody ? rest.requestBody : undefined;
  return { ...rest, security, responses, ...(body && { requestBody: { ...body, required: isOptional !== true } }) };
}

function described(status: string, answer: Operation['responses'][string]): Operation['responses'][string] {
  if (!answer || !('description' in answer) || answer.description !== '') return answer;
  return { ...answer, description: STATUS_CODES[status]! };
}

function refusal(status: number, description: string): Operation['responses'] {
  return {
    [status]: { description, content: { [problemContent]: { schema: { $ref: '#/components/schemas/Problem' } } } },
  };
}
