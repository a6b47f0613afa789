import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Certificate } from '../certificate.js';

/** Slow and idle clients do not hold the coordinator's memory: the limits of the table in docs/limits.md. */
const requestLimits = {
  headersTimeout: 20_000,
  /** Of a whole request, its body included. */
  requestTimeout: 60_000,
  /** How often Node looks for requests that are beyond these; by default only every 30 s. */
  connectionsCheckingInterval: 1000,
};

/** Express on a server with limits. */
export class LimitedExpress extends ExpressAdapter {
  constructor(
    private readonly certificate: Certificate | undefined,
    private readonly limits = requestLimits,
  ) {
    super();
  }

  override initHttpServer(): void {
    const answer = this.getInstance<() => void>();
    const server: Server = this.certificate
      ? createTlsServer({ ...this.certificate, ...this.limits }, answer)
      : createServer(this.limits, answer);
    server.maxConnections = 1024;
    this.httpServer = server;
  }
}
