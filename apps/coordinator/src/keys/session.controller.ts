import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { scopes, scopesOf, type Scope } from '#protocol/access/scope.js';
import { callerOf, setCaller } from '../http/admission.js';
import { cookieOf } from '../http/cookie.js';
import type { KeyRefusals } from '../http/limits/key-refusals.js';
import { ApiRefusal, Scoped, Takes, Unscoped } from '../http/open-api.js';
import { bodyPipe } from '../http/query.pipe.js';
import { keysToken, refusalsToken, sessionsToken } from '../parts.js';
import type { KeyRing } from './key-ring.js';
import { sessionMs, type Sessions } from './sessions.js';

const loginSchema = z.strictObject({ key: z.string().min(1).max(1000).describe('A key of the API.') });
const sessionSchema = z.strictObject({ scopes: z.array(z.enum(scopes)).describe('What the caller may do.') });

/** Login of the web page: a key becomes a cookie that no script can read. */
@ApiTags('session')
@Controller('session')
export class SessionController {
  constructor(
    @Inject(keysToken) private readonly keys: KeyRing,
    @Inject(sessionsToken) private readonly sessions: Sessions,
    @Inject(refusalsToken) private readonly refusals: KeyRefusals,
  ) {}

  @Post()
  @Unscoped()
  @Takes('application/json')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Log in: the answer sets a cookie that stands for the key.',
    description:
      'The session ends with the key, after 12 hours, or when the coordinator ends. With the cookie, requests that ' +
      'change something need the header x-tandem-page: 1. A body of at most 4 KiB.',
  })
  @ApiResponse({ status: 204, description: 'The cookie is set.' })
  @ApiRefusal(401, 'Not a key of this coordinator.')
  logIn(
    @Body({ schema: loginSchema, pipes: [bodyPipe] }) body: z.output<typeof loginSchema>,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: ServerResponse,
  ): void {
    const key = this.keys.find(body.key) ?? this.refusals.refuse('another', request, response);
    const session = this.sessions.open(key);
    setCaller(request, { standing: 'key', key, session });
    response.setHeader('set-cookie', cookieOf(session, sessionMs, request));
  }

  @Get()
  @Scoped('any')
  @ApiOperation({ summary: 'What the caller may do, by its session or its key.' })
  @ApiResponse({ status: 200, standardSchema: sessionSchema })
  getSession(@Req() request: IncomingMessage): { readonly scopes: readonly Scope[] } {
    const caller = callerOf(request);
    return { scopes: caller.standing === 'key' ? scopesOf(caller.key.scope) : [] };
  }

  @Delete()
  @HttpCode(204)
  @Scoped('any')
  @ApiOperation({ summary: 'Log out.' })
  @ApiResponse({ status: 204, description: 'The session has ended.' })
  logOut(@Req() request: IncomingMessage, @Res({ passthrough: true }) response: ServerResponse): void {
    const caller = callerOf(request);
    if (caller.standing === 'key' && caller.session !== undefined) this.sessions.close(caller.session);
    response.setHeader('set-cookie', cookieOf('', 0, request));
  }
}
