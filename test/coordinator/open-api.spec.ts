// Goal: docs/openapi.json is what the coordinator serves, and the client's types are made from it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiTypes } from './api-types.js';
import { startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';

let coordinator: OwnCoordinator;
beforeAll(async () => void (coordinator = await startOwnCoordinator()));
afterAll(() => coordinator?.close());

const kept = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

it('docs/openapi.json is what the coordinator serves; `npm run docs` writes it', async () => {
  expect(await (await coordinator.get('/docs-json')).json()).toEqual(JSON.parse(kept('docs/openapi.json')));
});

it('the types of the client are those of the description; `npm run docs` writes them', async () => {
  expect(kept('libs/cluster/src/api-types.ts')).toBe(await apiTypes(JSON.parse(kept('docs/openapi.json')) as object));
});

it('every endpoint says what it refuses, as problem+json', async () => {
  const { paths } = JSON.parse(kept('docs/openapi.json')) as {
    paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
  };
  const refusals = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.entries(responses))
    .filter(([status]) => /^4/.test(status));
  expect(refusals.length).toBeGreaterThan(30);
  for (const [, { content }] of refusals) expect(Object.keys(content ?? {})).toEqual(['application/problem+json']);
});
