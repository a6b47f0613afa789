import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, SetMetadata, type CanActivate, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { ACCESS, type Access } from '../parts.js';

/** `everyone`: no key needed. `loopback`: none needed where only this machine can reach the coordinator. */
type Openness = 'everyone' | 'loopback';
const OPENNESS = 'tandem:openness';

export const OpenTo = (openness: Openness): CustomDecorator => SetMetadata(OPENNESS, openness);

/** Refuses a call without the API key, in header x-api-key or as a bearer token. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(ACCESS) private readonly access: Access,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const openness = this.reflector.getAllAndOverride<Openness | undefined>(OPENNESS, [context.getHandler(), context.getClass()]);
    if (openness === 'everyone' || (openness === 'loopback' && this.access.loopbackOnly)) return true;
    const candidate = keyOf(context.switchToHttp().getRequest<IncomingMessage>());
    if (candidate !== undefined && this.access.key.accepts(candidate)) return true;
    throw new TandemError({
      code: ErrorCode.Unauthorised,
      message: `API key: expected the coordinator's key in the header x-api-key or as a bearer token, got ${candidate === undefined ? 'none' : 'another'}`,
      help: 'The key is the one the coordinator printed at its first start, or its TANDEM_API_KEY.',
    });
  }
}

function keyOf(request: IncomingMessage): string | undefined {
  const header = request.headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}
