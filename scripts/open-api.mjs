// Writes docs/openapi.json, the description of the coordinator's API, and the types of its client, made from it. A test
// fails if one of them is out of date.
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../dist/apps/coordinator/src/open-api-document.js';
import { apiTypes } from '../dist/test/coordinator/api-types.js';

const document = await openApiDocument();
writeFileSync(new URL('../docs/openapi.json', import.meta.url), `${JSON.stringify(document, null, 2)}\n`);
writeFileSync(new URL('../libs/protocol/src/api-types.ts', import.meta.url), await apiTypes(document));
