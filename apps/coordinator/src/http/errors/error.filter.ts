import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Catch,
  HttpException,
  Inject,
  MethodNotAllowedException,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { problemBody, problemType } from '#protocol/error-body.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { hideToken, logToken } from '../../parts.js';
import { allowedMethods } from './allowed-methods.js';
import { requestIdOf } from '../request-id.js';

/**
 * Turns whatever a request handler threw into an error body of one form. A defect is logged with its stack; the answer
 * does not contain it.
 */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    @Inject(logToken) private readonly log: Logger,
    @Inject(hideToken) private readonly hide: (text: string) => string,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const { status, error } = answerTo(
      withMethods(thrown, host.switchToHttp().getRequest<IncomingMessage>(), response),
    );
    if (status >= 500) this.log.error({ err: thrown, requestId: requestIdOf(response) }, 'a call failed');
    if (response.headersSent) {
      response.end();
      return;
    }
    response.writeHead(status, { 'content-type': problemType });
    response.end(this.hide(JSON.stringify(problemBody(status, error))));
  }
}

/** Where only the method is not that of an endpoint: a refusal that names those there are. */
function withMethods(thrown: unknown, request: IncomingMessage, response: ServerResponse): unknown {
  if (!(thrown instanceof NotFoundException) || response.headersSent) return thrown;
  const methods = allowedMethods(request).join(', ');
  if (methods === '') return thrown;
  response.setHeader('allow', methods);
  return new MethodNotAllowedException(`${methods} of this path, got ${request.method}`);
}

function answerTo(thrown: unknown): { readonly status: number; readonly error: TandemError } {
  if (thrown instanceof TandemError) return { status: statusOf(thrown.code), error: thrown };
  const status = httpStatusOf(thrown);
  if (status !== undefined && status < 500) return { status, error: fromHttp(status, thrown as Error) };
  const error = new TandemError({
    code: ErrorCode.Internal,
    message: 'The coordinator failed to answer; its log says why.',
    help: 'This is a defect of Tandem: please report it with the log line "a call failed".',
  });
  return { status: 500, error };
}

function statusOf(code: ErrorCode): number {
  switch (code) {
    case ErrorCode.Unauthorised:
      return 401;
    case ErrorCode.Forbidden:
      return 403;
    case ErrorCode.Throttled:
      return 429;
    case ErrorCode.NotFound:
      return 404;
    case ErrorCode.Conflict:
      return 409;
    case ErrorCode.ConfigInvalid:
    case ErrorCode.DataInvalid:
    case ErrorCode.UnsupportedOp:
      return 422;
    case ErrorCode.TransportFailed:
    case ErrorCode.StoreFailed:
      return 503;
    case ErrorCode.ProtocolMismatch:
    case ErrorCode.ShardFailed:
    case ErrorCode.NonFinite:
    case ErrorCode.CheckFailed:
    case ErrorCode.Cancelled:
    case ErrorCode.Internal:
      return 500;
  }
}

/** The status of an error that Nest's router or Express' body parser threw. */
function httpStatusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number') return thrown.status;
  return undefined;
}

function fromHttp(status: number, { message }: Error): TandemError {
  switch (status) {
    case 404:
      return new TandemError({
        code: ErrorCode.NotFound,
        message: `Expected an endpoint of the coordinator, got "${message}"`,
        help: 'GET / names the endpoints, /docs describes them.',
      });
    case 405:
      return new TandemError({
        code: ErrorCode.NotFound,
        message: `Expected ${message}`,
        help: 'GET / names the endpoints with their methods, /docs describes them.',
      });
    case 415:
      return new TandemError({
        code: ErrorCode.ConfigInvalid,
        message: `Expected ${message}`,
        help: 'Name the type of the body in the header content-type; /docs describes each endpoint.',
      });
    case 413:
      return new TandemError({
        code: ErrorCode.ConfigInvalid,
        message: `Expected a smaller request body: ${message}`,
        help:
          'A run document names its data sets, it does not carry them: TANDEM_BODY_BYTES_MAX sets its limit. An ' +
          'image may have 16 MiB.',
      });
    default:
      return new TandemError({
        code: ErrorCode.ConfigInvalid,
        message: `Expected a request this endpoint understands, got: ${message}`,
        help: 'Send JSON with content-type: application/json; /docs describes each endpoint.',
      });
  }
}
