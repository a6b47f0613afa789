import type { IncomingMessage } from 'node:http';
import { Inject, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { scopesOf } from '#protocol/access/scope.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { callerOf } from '../admission.js';
import { scopeKey, type NeededScope } from '../open-api.js';

/** Refuses callers whose key lacks the scope that an endpoint declares. One that declares none needs `admin`. */
export class ScopeGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const declared = [context.getHandler(), context.getClass()];
    const needed = this.reflector.getAllAndOverride<NeededScope | undefined>(scopeKey, declared) ?? 'admin';
    const caller = callerOf(context.switchToHttp().getRequest<IncomingMessage>());
    // Who came without a key was admitted only to what is open to it.
    if (caller.standing !== 'key' || needed === 'any') return true;
    if (scopesOf(caller.key.scope).includes(needed)) return true;
    const { name, scope } = caller.key;
    throw new TandemError({
      code: ErrorCode.Forbidden,
      message: `API key: expected one with the scope ${needed}, got "${name}" with the scope ${scope}`,
      help: `An admin makes such a key: tandem keys create NAME --scope ${needed}`,
    });
  }
}
