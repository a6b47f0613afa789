// Goal: the containers of deploy/ train. Method: no container engine is needed. The commands of the compose file run as
// processes, with its variables and those of the image's stage; names of hosts and folders are changed for those of the
// test. Redis and the S3 server are real.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDocument, temporaryDirectory } from '../support/coordinator.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { startRadosgw } from '../support/servers/radosgw.js';
import { freePort } from '../support/servers/redis.js';
import { root } from '../support/source-files.js';
import { readCompose, readStage, type Service } from './compose-file.js';

const run = promisify(execFile);
const { file, undefinedVariables } = await readCompose();
const { services } = file;

describe('the compose file', () => {
  it('names what is there: variables of example.env, services, volumes, stages and files', async () => {
    expect(undefinedVariables).toEqual([]);
    for (const [name, service] of Object.entries(services)) {
      expect(service.image, name).toMatch(/./);
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {}))
        if (condition === 'service_healthy') expect(services[other]?.healthcheck?.test, `${other}'s`).toBeDefined();
        else expect(services).toHaveProperty(other);
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        if (source === './datasets') continue; // The reader's own.
        if (source.startsWith('./')) await access(join(root, 'deploy', source));
        else expect(file.volumes).toHaveProperty(source);
      }
      if (service.build) {
        const stage = await readStage(service.build.target);
        expect(service.command).toEqual(stage.command);
        await access(join(root, service.build.dockerfile));
      }
    }
    const copied = (await readFile(join(root, 'deploy/docker/Dockerfile'), 'utf8')).match(/^COPY .*/gm)!;
    for (const path of copied.flatMap((line) => line.split(' ').slice(1, -1)))
      if (!path.startsWith('--from') && !path.startsWith('/app')) await access(join(root, path));
  });
});

describe('the services', async () => {
  const s3 = await startRadosgw();
  if (s3.kind === 'unavailable') {
    it('need an S3 server', (context) => context.skip(s3.reason));
    return;
  }
  const children: ChildProcess[] = [];
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let image: string;
  let ports: Record<'redis' | 'coordinator', number>;

  beforeAll(async () => {
    folder = await temporaryDirectory();
    // The image has these and nothing else of the repository.
    image = join(folder.path, 'app');
    await mkdir(image);
    for (const part of ['package.json', 'scripts', 'dist/apps', 'dist/libs'])
      await cp(join(root, part), join(image, part), { recursive: true });
    await run('ln', ['-s', join(root, 'node_modules'), join(image, 'node_modules')]);
    for (const place of ['data', 'cache', 'datasets']) await mkdir(join(folder.path, place));
    await writeTinyData(join(folder.path, 'datasets/tiny'));
    ports = { redis: await freePort(), coordinator: await freePort() };
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([s3.stop(), folder?.remove()]);
  });

  /** In place of the names that the network and the volumes of the containers give. */
  const here = (text: string): string =>
    text
      .replaceAll('@redis:6379', `@127.0.0.1:${ports.redis}`)
      .replaceAll('http://s3:8333', s3.endpoint)
      .replaceAll(/(?<![\w/])\/(datasets|data|cache)\b/g, join(folder.path, '$1'))
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replaceAll('change-me-s3-secret', s3.owner.secretAccessKey)
      .replace(/^tandem$/, s3.owner.accessKeyId);

  async function environmentOf(
    service: Service,
    stage: string,
    more: Record<string, string>,
  ): Promise<NodeJS.ProcessEnv> {
    const { environment } = await readStage(stage);
    const given = Object.entries({ ...environment, ...service.environment }).map(([name, value]) => [
      name,
      here(value),
    ]);
    return { PATH: process.env['PATH'], ...(Object.fromEntries(given) as Record<string, string>), ...more };
  }

  async function start(name: 'coordinator' | 'worker', more: Record<string, string>): Promise<ChildProcess> {
    const service = services[name]!;
    const [program = '', ...args] = service.command!;
    const env = await environmentOf(service, name, more);
    const child = spawn(program, args, { cwd: image, env, stdio: ['ignore', 'ignore', 'inherit'] });
    children.push(child);
    return child;
  }

  async function untilHealthy(name: 'coordinator' | 'worker', port: number): Promise<void> {
    const { healthcheck } = await readStage(name);
    const [program = '', ...args] = healthcheck.map((part) =>
      part.replace(/127\.0\.0\.1:740[01]/, `127.0.0.1:${port}`),
    );
    for (let left = 100; ; left--) {
      try {
        await run(program, args, { cwd: image });
        return;
      } catch (error) {
        if (left === 0) throw error;
        await sleep(300);
      }
    }
  }

  it('make the bucket, become healthy, train with two workers, and end when they are told to', async () => {
    const [redis = '', ...redisArgs] = services['redis']!.command!;
    children.push(spawn(redis, [...redisArgs, '--port', String(ports.redis)], { stdio: 'ignore' }));
    const bucket = services['bucket']!;
    const [program = '', ...args] = bucket.command!;
    const making = { cwd: image, env: await environmentOf(bucket, 'coordinator', {}) };
    expect((await run(program, args, making)).stdout).toBe('Bucket tandem is made.\n');
    expect((await run(program, args, making)).stdout).toBe('Bucket tandem is there.\n');

    const quiet = { TANDEM_LOG_LEVEL: 'warn', TANDEM_DEVICE: 'cpu' };
    const coordinator = await start('coordinator', { ...quiet, TANDEM_PORT: String(ports.coordinator) });
    await untilHealthy('coordinator', ports.coordinator);
    const workers = await Promise.all(
      ['one', 'two'].map(async (id) => {
        const port = await freePort();
        const worker = await start('worker', { ...quiet, TANDEM_WORKER_ID: id, TANDEM_METRICS_PORT: String(port) });
        await untilHealthy('worker', port);
        return worker;
      }),
    );

    const url = `http://127.0.0.1:${ports.coordinator}/v1/runs`;
    const headers = {
      'x-api-key': services['coordinator']!.environment!['TANDEM_API_KEY']!,
      'content-type': 'application/json',
    };
    const document = runDocument({ data: { train: here('/datasets/tiny') } });
    const submitted = await fetch(url, { method: 'POST', headers, body: JSON.stringify(document) });
    const { id } = (await submitted.json()) as { id: string };
    let status: { state: string; reason: string; checkpoint?: { url: string } | null };
    do {
      await sleep(100);
      status = (await (await fetch(`${url}/${id}`, { headers })).json()) as typeof status;
    } while (!['completed', 'failed'].includes(status.state));
    expect(status).toMatchObject({ state: 'completed' });

    for (const child of [...workers, coordinator]) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    }
  }, 120_000);
});
