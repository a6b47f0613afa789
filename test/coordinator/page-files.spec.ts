// Goal: browsers get the page from the coordinator, with headers that keep other sites out of it. Programs get what
// they got before, and nobody gets data without a key.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHome, startTestCoordinator, type CoordinatorHome, type TestCoordinator } from '../support/coordinator.js';

let home: CoordinatorHome;
let coordinator: TestCoordinator;
beforeAll(async () => {
  home = await openHome();
  coordinator = await startTestCoordinator({ ...home.settings, TANDEM_HOST: '0.0.0.0' });
});
afterAll(async () => {
  await coordinator?.close();
  await home?.close();
});

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

it('a browser without a key gets the page, which holds no script of its own and names only hashed files', async () => {
  const answer = await coordinator.get('/', browser);
  expect(answer.status).toBe(200);
  const policy = answer.headers.get('content-security-policy');
  expect(policy).toMatch(/default-src 'self';.*frame-ancestors 'none'/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
    vary: 'accept, Accept-Encoding',
  });
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|https?:\/\//);
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
  expect(files.length).toBeGreaterThan(2);
  for (const path of files) {
    expect(path).toMatch(/^\.\/assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/);
    const file = await coordinator.get(new URL(path, `${coordinator.url}/`).pathname, {});
    expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(file.headers.get('content-security-policy')).toBe(policy);
    expect((await file.text()).length).toBeGreaterThan(100);
  }
});

it('a program gets the list of endpoints at the same address, with a key', async () => {
  expect((await coordinator.get('/', {})).status).toBe(401);
  expect(await (await coordinator.get('/')).json()).toMatchObject({ name: 'tandem' });
});

it.each([
  ['GET', '/assets/missing-12345678.js'],
  ['GET', '/assets/'],
  ['GET', '/assets/../../../package.json'],
  ['GET', '/assets/%2e%2e/index.html'],
  ['GET', '/assets/..%2f..%2fsrc/route.js'],
  ['POST', '/'],
  ['GET', '/v1/runs'],
])('without a key nothing else comes: %s %s', async (method, path) => {
  const answer = await fetch(`${coordinator.url}${path}`, { method, headers: browser });
  expect([401, 403, 404]).toContain(answer.status);
  expect(answer.headers.get('content-type')).toMatch(/json/);
});
