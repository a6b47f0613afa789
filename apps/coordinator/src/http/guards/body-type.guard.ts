import type { IncomingMessage } from 'node:http';
import { Inject, UnsupportedMediaTypeException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { shownJson } from '#protocol/input/shown.js';
import { hasBody } from '../access.js';
import { bodyTypeKey, type BodyType } from '../open-api.js';

/** What Express adds to a request. */
interface TypedRequest extends IncomingMessage {
  is(type: string): string | false | null;
}

/** Refuses a body of another type than an endpoint declares, with 415. It would not be read. */
export class BodyTypeGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const type = this.reflector.get<BodyType | undefined>(bodyTypeKey, context.getHandler());
    const request = context.switchToHttp().getRequest<TypedRequest>();
    if (type === undefined || !hasBody(request) || request.is(type) !== false) return true;
    const given = request.headers['content-type'];
    throw new UnsupportedMediaTypeException(
      `a body of the type ${type}, got ${given === undefined ? 'one without content-type' : shownJson(given)}`,
    );
  }
}
