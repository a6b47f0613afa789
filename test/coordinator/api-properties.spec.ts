// Goal: the API does what its description says, whatever it is sent. Method: for every operation, calls are drawn from
// its schemas, and some from beyond them; each answer has a status, a type and a body of the description, and none is
// a defect. These are the properties that schemathesis checks too.
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiKey, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';
import { valuesOf, type JsonSchema } from './schema-values.js';

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
interface Operation {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Parameter = string | number | undefined;
interface Call {
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly body: unknown;
}

const described = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
};
const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: operation.operationId,
    path,
    method: method.toUpperCase(),
    operation,
  })),
);
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'api', ...described });

let coordinator: OwnCoordinator;
beforeAll(async () => {
  coordinator = await startOwnCoordinator({ TANDEM_KEY_REQUESTS_PER_SECOND: '100000' });
});
afterAll(() => coordinator?.close());

const find = (reference: string): JsonSchema => described.components.schemas[reference.split('/').at(-1)!]!;

function bodySchema({ requestBody }: Operation): JsonSchema | undefined {
  return requestBody?.content['application/json']?.schema;
}

/** Calls as they are described, and one in four with anything in place of the body. */
function callsOf(operation: Operation): fc.Arbitrary<Call> {
  const parameters = (operation.parameters ?? []).map(
    ({ name, schema }) => [name, valuesOf(schema, find) as fc.Arbitrary<Parameter>] as const,
  );
  const schema = bodySchema(operation);
  const body = schema
    ? fc.oneof({ weight: 3, arbitrary: valuesOf(schema, find) }, { weight: 1, arbitrary: fc.jsonValue() })
    : fc.constant(undefined);
  const required = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name);
  return fc.record({ parameters: fc.record(Object.fromEntries(parameters), { requiredKeys: required }), body });
}

function urlOf(path: string, operation: Operation, given: Call['parameters']): URL {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const text = String(given[name]);
    return encodeURIComponent(/^\.*$/.test(text) ? 'x' : text); // A segment of dots is another path.
  });
  const url = new URL(`${coordinator.url}${filled}`);
  for (const { name, in: place } of operation.parameters ?? [])
    if (place === 'query' && given[name] !== undefined) url.searchParams.set(name, String(given[name]));
  url.searchParams.delete('follow'); // A stream of a run that goes on has no end.
  return url;
}

async function expectDescribed(answer: Response, { operationId, responses }: Operation): Promise<void> {
  const text = await answer.text();
  const response = responses[String(answer.status)];
  expect([operationId, answer.status, Object.keys(responses)]).toEqual([
    operationId,
    answer.status,
    expect.arrayContaining([String(answer.status)]),
  ]);
  expect([answer.status < 500 || answer.status === 503, text]).toEqual([true, text]);
  const type = answer.headers.get('content-type')?.split(';')[0];
  if (!response?.content) return void expect([type, text]).toEqual([undefined, '']);
  expect(Object.keys(response.content)).toContain(type);
  if (!type!.endsWith('json')) return;
  const validate = ajv.compile({ $ref: `api#${pointerTo(operationId, answer.status, type!)}` });
  expect([validate(JSON.parse(text)), validate.errors ?? []]).toEqual([true, []]);
}

function pointerTo(operationId: string, status: number, type: string): string {
  const { path, method } = operations.find(({ name }) => name === operationId)!;
  const parts = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
  return parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}

const sent = (url: URL, method: string, headers: Record<string, string>, body?: string): Promise<Response> =>
  fetch(url, { method, headers, ...(body !== undefined && { body }) });

test.each(operations)('$name answers every call as it is described', async ({ path, method, operation }) => {
  await fc.assert(
    fc.asyncProperty(callsOf(operation), async ({ parameters, body }) => {
      const headers = { 'x-api-key': apiKey, ...(body !== undefined && { 'content-type': 'application/json' }) };
      const url = urlOf(path, operation, parameters);
      await expectDescribed(await sent(url, method, headers, JSON.stringify(body)), operation);
    }),
    { numRuns: 25 },
  );
});

test.each(operations.filter(({ operation }) => operation.security.length > 0))(
  '$name needs a key, the right one',
  async ({ path, method, operation }) => {
    const given = Object.fromEntries((operation.parameters ?? []).map(({ name }) => [name, '1']));
    const url = urlOf(path, operation, given);
    // On loopback /metrics is open. Many refusals from one address are answered with 429.
    const refused = [401, 429];
    expect(path === '/metrics' ? [200] : refused).toContain((await sent(url, method, {})).status);
    expect(refused).toContain((await sent(url, method, { 'x-api-key': 'another-key-altogether' })).status);
  },
);

test.each(Object.keys(described.paths))('%s has no other methods', async (path) => {
  const url = urlOf(path, { parameters: [] } as unknown as Operation, { id: 'x', name: 'x', file: 'x' });
  // The path may be one of another endpoint too: /v1/runs/check is that of a run of this name.
  const allowed = Object.entries(described.paths)
    .filter(([other]) => new RegExp(`^${other.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(url.pathname))
    .flatMap(([, methods]) => Object.keys(methods).map((method) => method.toUpperCase()));
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => !allowed.includes(one))) {
    const answer = await sent(url, method, { 'x-api-key': apiKey });
    expect([method, answer.status]).toEqual([method, 405]);
    expect(answer.headers.get('allow')!.split(', ')).toEqual(expect.arrayContaining(allowed));
  }
});

test.each(operations.filter(({ operation }) => operation.requestBody))(
  '$name takes no body of another type',
  async ({ path, method, operation }) => {
    const url = urlOf(path, operation, { id: 'x' });
    const key: Record<string, string> = path === '/session' ? {} : { 'x-api-key': apiKey };
    const answer = await sent(url, method, { ...key, 'content-type': 'text/csv' }, 'a,b');
    expect(answer.status).toBe(415);
    await expectDescribed(answer, operation);
  },
);
