import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TandemError } from '#protocol/tandem-error.js';
import { describeCoordinatorSettings, readConfig } from './config.js';

const directory = mkdtempSync(join(tmpdir(), 'tandem-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function problemsOf(read: () => unknown): Record<string, string> {
  try {
    read();
  } catch (error) {
    if (error instanceof TandemError)
      return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
    throw error;
  }
  return {};
}

test('the defaults: a coordinator that only this machine can reach', () => {
  expect(readConfig([], {})).toMatchObject({
    host: '127.0.0.1',
    port: 7400,
    redisUrl: 'redis://127.0.0.1:6379',
    store: 'file:./.tandem/store',
    apiKey: undefined,
    storeAccess: {},
  });
});

test('a flag takes precedence over its variable, and an empty variable counts as not set', () => {
  expect(readConfig(['--port', '7500'], { TANDEM_PORT: '7600', TANDEM_HOST: '' })).toMatchObject({
    port: 7500,
    host: '127.0.0.1',
  });
});

test('compiled programs are kept in the cache directory of the user, in another one, or not at all', () => {
  const folderWith = (environment: Record<string, string>): string | undefined =>
    readConfig([], environment).cache?.folder;
  expect(folderWith({ HOME: '/home/ann' })).toBe('/home/ann/.cache/tandem/programs');
  expect(folderWith({ HOME: '/home/ann', XDG_CACHE_HOME: '/var/ann' })).toBe('/var/ann/tandem/programs');
  expect(folderWith({ HOME: '/home/ann', XDG_CACHE_HOME: 'relative' })).toBe('/home/ann/.cache/tandem/programs');
  expect(folderWith({ HOME: '/home/ann', TANDEM_CACHE: directory })).toBe(join(directory, 'programs'));
  expect(readConfig(['--cache', 'off'], { HOME: '/home/ann' }).cache).toBeUndefined();
  expect(readConfig(['--cache-bytes', '1000'], {}).cache).toMatchObject({ bytesMax: 1000 });
});

test('secrets can be read from files, without the line end of the file', () => {
  const file = join(directory, 'secret');
  writeFileSync(file, 'a-secret-of-the-store\n');
  const config = readConfig([], {
    TANDEM_S3_SECRET_ACCESS_KEY_FILE: file,
    TANDEM_API_KEY_FILE: file,
    TANDEM_S3_FORCE_PATH_STYLE: 'false',
  });
  expect(config).toMatchObject({
    apiKey: 'a-secret-of-the-store',
    storeAccess: { secretAccessKey: 'a-secret-of-the-store', forcePathStyle: false },
  });
});

test('all problems are reported together, with name, value and allowed range, but no secret', () => {
  const problems = problemsOf(() =>
    readConfig(['--threads', '0'], {
      TANDEM_PORT: '70000',
      REDIS_URL: 'http://user:password@host',
      TANDEM_API_KEY: 'short-secret',
      TANDEM_S3_SECRET_ACCESS_KEY: 'x',
      TANDEM_S3_SECRET_ACCESS_KEY_FILE: '/secret',
      TANDEM_S3_ACCESS_KEY_ID_FILE: join(directory, 'absent'),
    }),
  );
  expect(problems).toEqual({
    TANDEM_S3_SECRET_ACCESS_KEY_FILE: expect.stringContaining('got both'),
    TANDEM_S3_ACCESS_KEY_ID_FILE: expect.stringMatching(/absent" \(ENOENT\)/),
    'TANDEM_PORT (--port)': expect.stringMatching(/<=65535, got "70000"/),
    'REDIS_URL (--redis-url)': expect.stringContaining('redis://HOST:PORT'),
    'TANDEM_API_KEY (--api-key)': expect.stringContaining('at least 16'),
    'TANDEM_THREADS (--threads)': expect.stringMatching(/>=1, got "0"/),
  });
  expect(JSON.stringify(problems)).not.toMatch(/password|short-secret/);
});

test.each([[['--prot', '1']], [['serve']]])('the command line %j is refused', (flags) => {
  expect(problemsOf(() => readConfig(flags, {}))).toHaveProperty('command line', expect.stringContaining(flags[0]!));
});

test('the help shows the flag, variable, default and meaning of every setting', () => {
  const help = describeCoordinatorSettings();
  expect(help).toMatch(/--port +TANDEM_PORT +Port to listen on; 0 for any free one\. \(7400\)/);
  expect(help).toContain('TANDEM_API_KEY_FILE');
});
