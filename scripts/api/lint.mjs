// Lints docs/openapi.json by the rules that redocly recommends, and by those of spectral for OpenAPI.
import { readFileSync } from 'node:fs';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectral from '@stoplight/spectral-core';
import rulesets from '@stoplight/spectral-rulesets';

const file = new URL('../../docs/openapi.json', import.meta.url);
const source = readFileSync(file, 'utf8');

/** Rules that are off, and why. */
const off = {
  // A summary says in a sentence what a call does. A description is there where that is not enough.
  'operation-description': 'off',
};

const config = await createConfig({ extends: ['recommended'] });
const redocly = (await lintFromString({ source, absoluteRef: file.href, config })).map(
  ({ ruleId, message, location }) => `redocly ${ruleId}: ${message} (${location[0]?.pointer ?? ''})`,
);

const linter = new spectral.Spectral();
linter.setRuleset({ extends: [rulesets.oas], rules: off });
const found = (await linter.run(JSON.parse(source))).map(
  ({ code, message, path }) => `spectral ${code}: ${message} (${path.join('/')})`,
);

const problems = [...redocly, ...found];
for (const problem of problems) console.error(problem);
console.log(`docs/openapi.json: ${problems.length} problems by redocly and spectral`);
process.exitCode = problems.length > 0 ? 1 : 0;
