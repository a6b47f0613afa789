import { applyDecorators, type INestApplication } from '@nestjs/common';
import { ApiBearerAuth, ApiResponse, ApiSecurity, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { protocolVersion } from '#protocol/pool/task.js';
import { errorBodySchema } from '#protocol/error-body.js';

/** Documents that an endpoint needs the API key, and what it answers without it. */
export function ApiKeyed(): ClassDecorator & MethodDecorator {
  return applyDecorators(
    ApiSecurity('api-key'),
    ApiBearerAuth('bearer'),
    ApiRefusal(401, 'No API key, or another one.'),
  );
}

/** Documents an answer with an error body. */
export function ApiRefusal(status: number, description: string): ClassDecorator & MethodDecorator {
  return ApiResponse({ status, description, standardSchema: errorBodySchema });
}

/** Serves the OpenAPI description: /docs for people, /docs-json for programs. */
export function serveOpenApi(app: INestApplication): void {
  const info = new DocumentBuilder()
    .setTitle('Tandem coordinator')
    .setDescription('Submit, watch and stop training runs.')
    .setVersion(`v1, protocol ${protocolVersion}`)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key' }, 'api-key')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, info), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Tandem API',
  });
}
