import openapiTS, { astToString, type OpenAPITSOptions } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { fileURLToPath } from 'node:url';

const prologue = '// Made from docs/openapi.json by `npm run docs`; do not change it by hand.\n';

const settings: OpenAPITSOptions = {
  /** What has a default may be left out of a request. */
  defaultNonNullable: false,
  transform: (schema) => (schema.format === 'binary' ? ts.factory.createTypeReferenceNode('Blob') : undefined),
};

/** The types of a client of the API, as TypeScript: what each endpoint takes and answers. */
export async function apiTypes(document: object): Promise<string> {
  const made = astToString(await openapiTS(JSON.parse(JSON.stringify(document)) as never, settings));
  // The descriptions are in the document. Here their lines would be longer than a line may be.
  const bare = made.replaceAll(/^\s*\/\*\*[^]*?\*\/\n/gm, '');
  const style = await resolveConfig(fileURLToPath(new URL('../../../package.json', import.meta.url)));
  return format(prologue + bare, { ...style, parser: 'typescript' });
}
