import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runDocumentPage } from './run-document-page.js';

it('docs/run-document.md is what the schema says; `npm run docs` writes it', () => {
  const written = readFileSync(new URL('../../../../../docs/run-document.md', import.meta.url), 'utf8');
  expect(written).toBe(runDocumentPage());
});

it('names every key with its range and default', () => {
  const page = runDocumentPage();
  expect(page).toMatch(/`optimizer\.beta2` \| number, ≥ 0, < 1 \| `0.98`/);
  expect(page).toMatch(/`tokenizer\.vocabulary` \| whole number, ≥ 514, ≤ 1000000/);
  expect(page).toMatch(/`evaluation\.zeroShot\[\]\.templates` \| list of string/);
  expect(page).toMatch(/`model\.vision_cfg\.patch_size`/);
});
