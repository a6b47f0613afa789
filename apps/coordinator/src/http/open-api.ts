import { applyDecorators, SetMetadata, type INestApplication } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCookieAuth,
  ApiExtension,
  ApiResponse,
  ApiSecurity,
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
} from '@nestjs/swagger';
import { z } from 'zod';
import type { Scope } from '#protocol/access/scope.js';
import { protocolVersion } from '#protocol/pool/task.js';
import { problemBodySchema } from '#protocol/error-body.js';
import { cookieName } from './cookie.js';

export const scopeKey = 'tandem:scope';

/** The scope that a key needs for an endpoint. */
export type NeededScope = Scope | 'any';

/** Declares the scope that an endpoint needs, and documents it with what the endpoint answers without it. */
export function Scoped(scope: NeededScope): ClassDecorator & MethodDecorator {
  return applyDecorators(
    SetMetadata(scopeKey, scope),
    ApiExtension('x-tandem-scope', scope),
    ApiSecurity('api-key'),
    ApiBearerAuth('bearer'),
    ApiCookieAuth('session'),
    ApiRefusal(401, 'No API key, or another one.'),
    ...(scope === 'any' ? [] : [ApiRefusal(403, `The key lacks the scope ${scope}.`)]),
  );
}

/** Declares an endpoint that is open, at least on loopback: a caller who gives a key needs no scope. */
export function Unscoped(): ClassDecorator & MethodDecorator {
  return SetMetadata(scopeKey, 'any' satisfies NeededScope);
}

/** Documents an answer with an error body. */
export function ApiRefusal(status: number, description: string): ClassDecorator & MethodDecorator {
  const schema = { $ref: '#/components/schemas/Problem' };
  return ApiResponse({ status, description, content: { 'application/problem+json': { schema } } });
}

/** The OpenAPI description of an application's endpoints. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const info = new DocumentBuilder()
    .setTitle('Tandem coordinator')
    .setDescription('Submit, watch and stop training runs.')
    .setVersion(`v1, protocol ${protocolVersion}`)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addCookieAuth(cookieName, { type: 'apiKey', in: 'cookie', name: cookieName }, 'session')
    .build();
  const document = SwaggerModule.createDocument(app, info, {
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '').toLowerCase()}.${method}`,
  });
  const schemas = { ...document.components?.schemas, Problem: problemSchema(), RunStatus: runStatusOf(document) };
  const paths = withNamed(document.paths, 'RunStatus', schemas.RunStatus);
  return { ...document, paths, components: { ...document.components, schemas } };
}

/** Serves the OpenAPI description: /docs for people, /docs-json for programs. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Tandem API',
  });
}

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

function problemSchema(): Schema {
  const { $schema: _, '~standard': _vendor, ...schema } = z.toJSONSchema(problemBodySchema, { target: 'openapi-3.0' });
  return schema as Schema;
}

/** The status of a run, as its endpoint has it. */
function runStatusOf({ paths }: OpenAPIObject): Schema {
  const answer = paths['/v1/runs/{id}']?.get?.responses['200'];
  const schema = answer && 'content' in answer ? answer.content?.['application/json']?.schema : undefined;
  if (!schema) throw new Error('internal: the API has no endpoint that answers the status of a run');
  return schema;
}

/** What several endpoints answer is written once, under a name. */
function withNamed<Part>(part: Part, name: string, schema: Schema): Part {
  const written = JSON.stringify(schema);
  const named = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'properties' in value && JSON.stringify(value) === written
      ? { $ref: `#/components/schemas/${name}` }
      : value;
  return JSON.parse(JSON.stringify(part, named)) as Part;
}
