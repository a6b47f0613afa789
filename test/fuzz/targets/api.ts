import type { RequestOptions } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { problemBodySchema } from '#protocol/error-body.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { apiKey, startTestCoordinator, type TestCoordinator } from '../../support/coordinator.js';
import { startRedis } from '../../support/servers/redis.js';
import type { Chance } from '../chance.js';
import { hostileNumberTexts } from '../hostile-values.js';
import { exchange, exchangeBytes, type Exchange } from '../http-exchange.js';
import { mutateBytes } from '../mutate-bytes.js';
import { hostileString, mutateJson } from '../mutate-document.js';
import type { Target } from '../target.js';
import { runDocuments } from './run-document.js';

/** The largest allowed answer. Only a list of runs may be longer. */
const answerBytesMax = 256 * 1024;

/** Everything that a client can send to a coordinator. */
export const api: Target = {
  cases: 400,
  async open(folder) {
    const redis = await startRedis();
    const coordinator = await startTestCoordinator({
      REDIS_URL: redis.url,
      TANDEM_STORE: `file:${join(folder, 'store')}`,
      TANDEM_DATA_DIR: folder,
    });
    const port = Number(new URL(coordinator.url).port);
    const run = idOf(await exchange(posted(port, {}), JSON.stringify(runDocuments[0])));
    return {
      async run(chance) {
        if (chance.oneIn(8)) return refuse(await exchangeBytes(port, hostileBytes(chance)));
        const { options, body } = chance.pick([submission, submission, oddRequest])(port, run, chance);
        const answer = await exchange(options, body);
        check(answer, options, body);
        await cancelled(coordinator, answer, options);
        const live = await exchange({ port, path: '/health/live' });
        if (live.status !== 200) throw new Error(`the coordinator is live no more: ${live.status} ${live.body}`);
        refuse(answer.status);
      },
      async close() {
        await coordinator.close();
        await redis.stop();
      },
    };
  },
};

interface Sent {
  readonly options: RequestOptions;
  readonly body?: string | Buffer;
}

function posted(port: number, headers: Readonly<Record<string, string>>): RequestOptions {
  return {
    port,
    path: '/v1/runs',
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json', ...headers },
  };
}

function submission(port: number, _run: string, chance: Chance): Sent {
  const text = mutateJson(chance.pick(runDocuments), chance);
  return { options: posted(port, {}), body: chance.oneIn(6) ? mutateBytes(Buffer.from(text), chance) : text };
}

const types = [
  'text/plain',
  'application/json; charset=utf-7',
  'application/json; charset=utf-16',
  'application/json;;',
  '*/*',
  '',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'x'.repeat(2000),
];
const bomb = gzipSync(Buffer.alloc(20 * 2 ** 20, ' '));

function oddRequest(port: number, run: string, chance: Chance): Sent {
  const text = JSON.stringify(chance.pick(runDocuments));
  const odd = hostileString(chance).slice(0, 4000);
  const id = chance.oneIn(2) ? run : chance.oneIn(4) ? odd.replaceAll(/[^!-~]/g, '%') : encoded(odd);
  const value = chance.oneIn(2) ? chance.pick(hostileNumberTexts.map(encoded)) : encoded(odd);
  const query = chance.pick([
    '',
    '?follow=1',
    `?from=${value}`,
    `?limit=${value}`,
    `?limit=5&limit=${value}`,
    `?after=${value}`,
    `?before=${value}`,
    `?from[${value}]=1`,
    `?from[]=${value}`,
    `?${value}=1`,
    `?follow=${value}&from=${value}`,
  ]);
  const path = chance.pick([
    '/v1/runs',
    '/v1/workers',
    `/v1/runs/${id}`,
    `/v1/runs/${id}/metrics`,
    `/v1/runs/${id}/metrics`,
    `/v1/runs/${id}/cancel`,
    `/${id}`,
    '/metrics',
    '/docs-json',
    `/docs/${id}`,
    '/v1/audit',
    '/v1/keys',
    `/v1/keys/${id}`,
    '/session',
  ]);
  return chance.pick<() => Sent>([
    () => ({ options: posted(port, { 'content-type': chance.pick(types) }), body: text }),
    () => ({
      options: posted(port, { 'content-encoding': chance.pick(['gzip', 'br', 'deflate', 'identity', 'x']) }),
      body: chance.pick([text, gzipSync(text), bomb]),
    }),
    () => ({
      options: posted(port, { 'x-api-key': printable(odd), authorization: `Bearer ${printable(odd)}` }),
      body: text,
    }),
    () => ({
      options: posted(port, {
        'x-api-key': '',
        authorization: chance.pick([
          `Bearer ${apiKey}`,
          `bearer  ${apiKey} `,
          'Basic eA==',
          `Bearer${' '.repeat(5000)}`,
        ]),
      }),
      body: text,
    }),
    () => ({
      options: {
        port,
        path: path + query,
        method: chance.pick(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']),
        headers: { 'x-api-key': apiKey },
      },
    }),
    () => ({
      options: {
        ...posted(port, { accept: chance.pick(['text/event-stream', '', 'x'.repeat(3000)]) }),
        path: path + query,
        method: 'GET',
      },
    }),
    () => ({
      options: { port, path: path + query, headers: { 'x-api-key': apiKey, 'last-event-id': printable(odd) } },
    }),
    () => ({ options: { port, path: path + query, headers: { 'x-api-key': apiKey } } }),
  ])();
}

function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, '?');
}

const head = [
  'POST /v1/runs HTTP/1.1',
  'Host: x',
  `X-Api-Key: ${apiKey}`,
  'Content-Type: application/json',
  'Connection: close',
];
const wholeRequest = [...head, 'Content-Length: 21', '', '{"name":"x","seed":1}'].join('\r\n');
const chunked = [...head, 'Transfer-Encoding: chunked', '', '5', '{"nam', '6', 'e":1}\n', '0', '', ''].join('\r\n');

function hostileBytes(chance: Chance): Buffer {
  const seeds = [wholeRequest, chunked].map((text) => Buffer.from(text));
  return mutateBytes(chance.pick(seeds), chance, seeds);
}

/** Throws if a client could do nothing with the answer. */
function check({ status, type, body }: Exchange, { method = 'GET', path }: RequestOptions, sent: Sent['body']): void {
  const said =
    `${method} ${String(path).slice(0, 200)} → ${status} ${type}, ${body.length} characters: ` +
    `${body.slice(0, 500)}`;
  const homeless = status === 503 && body.includes(ErrorCode.StoreFailed) && String(sent).includes('"store"');
  if (status >= 500 && !homeless) throw new Error(`answered as by a defect: ${said}`);
  if (body.length > answerBytesMax && (status >= 400 || method !== 'GET'))
    throw new Error(`answered at great length: ${said}`);
  if (status < 400 || method === 'HEAD') return;
  const parsed = problemBodySchema.safeParse(
    type.startsWith('application/problem+json') ? JSON.parse(body) : undefined,
  );
  if (!parsed.success) throw new Error(`refused without the body that says why: ${said}`);
}

/** Cancels a run that was accepted, because otherwise the queue would soon be full. */
async function cancelled(
  coordinator: TestCoordinator,
  answer: Exchange,
  { method, path }: RequestOptions,
): Promise<void> {
  if (answer.status !== 201 || method !== 'POST' || path !== '/v1/runs') return;
  const { status } = await coordinator.post(`/v1/runs/${idOf(answer)}/cancel`);
  if (status !== 200) throw new Error(`a run that was accepted cannot be cancelled: ${status}`);
}

function idOf({ body }: Exchange): string {
  return (JSON.parse(body) as { readonly id: string }).id;
}

/** Throws a refused request as the error that the fuzzer counts as a refusal. */
function refuse(status: number): void {
  if (status >= 400 || status === 0)
    throw new TandemError({ code: ErrorCode.ConfigInvalid, message: `refused with ${status}` });
}
