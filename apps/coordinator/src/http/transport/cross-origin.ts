import type { NestExpressApplication } from '@nestjs/platform-express';

/**
 * Lets pages of these origins read the API with a key. They never get the session of the coordinator's own page: a
 * browser sends no cookie with their requests.
 */
export function allowOrigins(app: NestExpressApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: [...origins],
    credentials: false,
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: ['x-api-key', 'authorization', 'content-type', 'idempotency-key', 'last-event-id', 'x-request-id'],
    exposedHeaders: ['location', 'retry-after', 'allow', 'x-request-id', 'content-disposition'],
    maxAge: 600,
  });
}
