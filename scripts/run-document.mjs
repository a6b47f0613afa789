// Writes docs/run-document.md from the schema of run documents. A test fails if the file is out of date.
import { writeFileSync } from 'node:fs';
import { runDocumentPage } from '../dist/apps/cli/src/run/run-document-page.js';

writeFileSync(new URL('../docs/run-document.md', import.meta.url), runDocumentPage());
