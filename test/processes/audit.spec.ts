// Goal: the audit reports packages with advisories, and says so if the registry does not answer. Method: npm itself,
// with a registry of this test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { root } from '../support/source-files.js';

const advisory = {
  id: 1,
  url: 'https://example.org/1',
  title: 'Reads beyond its buffer',
  severity: 'high',
  vulnerable_versions: '<9999',
  cwe: [],
  cvss: { score: 0, vectorString: null },
};

it.each([
  ['a package with an advisory', 200, { sharp: [advisory] }, 1, /high: sharp: Reads beyond its buffer/],
  ['none', 200, {}, 0, /No package that runs has a known advisory/],
  ['no answer', 405, { error: 'method not allowed' }, 2, /Advisories were NOT checked/],
])('%s', async (_, status, advisories, exitCode, said) => {
  const registry = createServer((request, response) => {
    request.resume();
    response
      .writeHead(request.method === 'POST' ? status : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(advisories));
  });
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
  const environment = {
    ...process.env,
    npm_config_registry: url,
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  };
  const audit = spawn(process.execPath, [join(root, 'scripts/audit.mjs')], { env: environment });
  const [output, errors, [code]] = await Promise.all([
    text(audit.stdout),
    text(audit.stderr),
    once(audit, 'exit') as Promise<[number]>,
  ]);
  registry.close();
  expect(output + errors).toMatch(said);
  expect(code).toBe(exitCode);
  const { components } = JSON.parse(await readFile(join(root, 'dist/sbom.json'), 'utf8')) as {
    components: { name: string }[];
  };
  const names = components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['onnxruntime-node', 'sharp', 'bullmq']));
  expect(names).not.toContain('vitest');
});
