import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { CoordinatorModule } from './coordinator.module.js';
import { openApiOf } from './http/open-api.js';
import type { Parts } from './parts.js';

/** The OpenAPI description of the API, without a coordinator: in Nest's preview nothing is opened or called. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  const app = await NestFactory.create(CoordinatorModule.of({} as Parts), { preview: true, logger: false });
  return openApiOf(app);
}
