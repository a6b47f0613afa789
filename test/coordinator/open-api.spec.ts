// Goal: docs/openapi.json is what the coordinator serves, and the client's types are made from it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiTypes } from './api-types.js';
import { startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

const kept = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Operation {
  readonly operationId: string;
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
}
const described = JSON.parse(kept('docs/openapi.json')) as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
};

it('docs/openapi.json is what the coordinator serves; `npm run docs` writes it', async () => {
  expect(await (await coordinator.get('/docs-json')).json()).toEqual(JSON.parse(kept('docs/openapi.json')));
});

it('the types of the client are those of the description; `npm run docs` writes them', async () => {
  expect(kept('libs/protocol/src/api-types.ts')).toBe(await apiTypes(JSON.parse(kept('docs/openapi.json')) as object));
});

it('nothing large is written twice: it is a component with a name', () => {
  const seen = new Map<string, string>();
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return;
    const text = JSON.stringify(value);
    // 300 characters are more than two members with their descriptions.
    if ('properties' in value && text.length > 300) {
      expect([seen.get(text), at]).toEqual([undefined, at]);
      seen.set(text, at);
    }
    for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${key}`);
  };
  walk(described, '#');
  expect(seen.size).toBeGreaterThan(30);
  for (const name of ['RunDocument', 'RunStatus', 'StepMetrics', 'Worker', 'StreamEvent', 'Problem'])
    expect(Object.keys(described.components.schemas)).toContain(name);
});

it('an endpoint is called by a verb, and says of what type its answers are', () => {
  const operations = Object.values(described.paths).flatMap((methods) => Object.values(methods));
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual(expect.arrayContaining(['submitRun', 'listRuns', 'getRun', 'pauseRun', 'getRunMetrics']));
  const typesOf = (path: string): string[] => Object.keys(described.paths[path]!['get']!.responses['200']!.content!);
  expect(typesOf('/metrics')).toEqual(['text/plain']);
  expect(typesOf('/v1/runs/{id}/metrics')).toEqual(['application/json', 'text/event-stream']);
});

it('every endpoint says what it refuses, as problem+json', () => {
  const refusals = Object.values(described.paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses))
    .filter(([status]) => /^4/.test(status));
  expect(refusals.length).toBeGreaterThan(30);
  for (const [, { content }] of refusals) expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
});
