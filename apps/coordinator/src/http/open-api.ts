import { applyDecorators, SetMetadata, type INestApplication } from '@nestjs/common';
import {
  ApiConsumes,
  ApiBearerAuth,
  ApiCookieAuth,
  ApiExtension,
  ApiResponse,
  ApiSecurity,
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
} from '@nestjs/swagger';
import type { Scope } from '#protocol/access/scope.js';
import { protocolVersion } from '#protocol/pool/task.js';
import { problemBodySchema } from '#protocol/error-body.js';
import { metricsPageSchema } from '#protocol/run/run-status.js';
import { cookieName } from './cookie.js';
import { optionalBody, problemContent, withCommonAnswers } from './document/common-answers.js';
import { namingConverter, withPlainNames } from './document/named-schemas.js';
import { streamEventSchema } from './document/run-schemas.js';
import { schemaNames } from './document/schema-names.js';

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

export const bodyTypeKey = 'tandem:body-type';

/** What the body of a request is. */
export type BodyType = 'application/json' | 'multipart/form-data';

/** Declares what the body of a request is. A body of another type is refused. */
export function Takes(type: BodyType, need: 'required' | 'optional' = 'required'): MethodDecorator {
  return applyDecorators(
    SetMetadata(bodyTypeKey, type),
    ...(need === 'optional' ? [ApiExtension(optionalBody, true)] : []),
    ApiConsumes(type),
    ApiRefusal(400, 'The body cannot be read.'),
    ApiRefusal(413, 'The body is too large.'),
    ApiRefusal(415, `The body is not ${type}.`),
    ApiRefusal(422, 'The body has problems; all are listed.'),
  );
}

/** Documents an answer with an error body. */
export function ApiRefusal(status: number, description: string): ClassDecorator & MethodDecorator {
  return ApiResponse({ status, description, content: { [problemContent]: { schema: reference('Problem') } } });
}

/** Documents an answer that is a file, or text. */
export function ApiFile(type: string, description: string): MethodDecorator {
  const schema = type.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' };
  return ApiResponse({ status: 200, description, content: { [type]: { schema } } });
}

/** Documents an answer that is a page in JSON, or a stream of server-sent events. */
export function ApiEventStream(description: string, page: string, event: string): MethodDecorator {
  const stream = {
    type: 'string',
    contentMediaType: 'text/event-stream',
    contentSchema: { type: 'array', items: reference(event) },
  };
  return ApiResponse({
    status: 200,
    description,
    content: {
      'application/json': { schema: reference(page) },
      'text/event-stream': { schema: stream },
    },
  });
}

const tags = {
  runs: 'Training runs: submit, watch and steer them.',
  checkpoints: 'What runs have learned.',
  search: 'Pictures of the data sets of a run, found by text or picture.',
  workers: 'The pool.',
  keys: 'Keys of the API.',
  session: 'Login of the web page.',
  audit: 'Who changed what.',
  metrics: 'Numbers for Prometheus.',
  health: 'Whether the coordinator lives and is ready.',
};

/** The OpenAPI description of an application's endpoints. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const info = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tandem coordinator')
    .setDescription('Submit, watch and stop training runs.')
    .setVersion(`v1, protocol ${protocolVersion}`)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    // Relative to where the description is, so that it is right behind a proxy too, and with a prefix.
    .addServer('.', 'The coordinator that serves this description.')
    .addServer('http://127.0.0.1:7400', 'A coordinator of this machine, by default.')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addCookieAuth(cookieName, { type: 'apiKey', in: 'cookie', name: cookieName }, 'session');
  for (const [tag, meaning] of Object.entries(tags)) info.addTag(tag, meaning);
  const convert = namingConverter(schemaNames);
  const document = SwaggerModule.createDocument(app, info.build(), {
    operationIdFactory: (_, method) => method,
    standardSchemaConverter: convert,
  });
  const others = [problemBodySchema, streamEventSchema, metricsPageSchema].map(
    (schema) => convert(schema, { schemaType: 'output' })?.components,
  );
  const schemas = Object.assign({}, document.components?.schemas, ...others) as Record<string, object>;
  const paths = withCommonAnswers(document.paths);
  const plain = withPlainNames({ ...document, paths, components: { ...document.components, schemas } });
  return plain as OpenAPIObject;
}

/** Serves the OpenAPI description: /docs for people, /docs-json for programs. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Tandem API',
  });
}

function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}
