// Goal: REDIS_URL is read as it is written, in all its forms, and what cannot be meant is refused without showing a
// password. Method: cases written by hand.
import { describe, expect, it } from 'vitest';
import { redisAddress, shownAddress } from './redis-address.js';
import { redisUnreachable } from './redis-trouble.js';

describe('redisAddress', () => {
  it.each([
    ['redis://host', { kind: 'server', host: { host: 'host', port: 6379 }, database: 0, tls: false }],
    ['redis://host:7000/3', { kind: 'server', host: { host: 'host', port: 7000 }, database: 3 }],
    [
      'rediss://user:p%2Fw@[::1]:7000?db=3',
      { host: { host: '::1', port: 7000 }, database: 3, tls: true, password: 'p/w' },
    ],
    ['redis://:p@w@host', { username: undefined, password: 'p@w', host: { host: 'host', port: 6379 } }],
    ['redis://host?password=hush&family=6', { password: 'hush', family: 6 }],
    ['unix:///run/redis.sock?db=2', { kind: 'socket', path: '/run/redis.sock', database: 2 }],
    [
      'unix://user:hush@/run/redis.sock',
      { kind: 'socket', path: '/run/redis.sock', username: 'user', password: 'hush' },
    ],
    [
      'rediss+sentinel://user:hush@a,b:26380,[::1]/main/2?sentinel_password=still',
      {
        kind: 'sentinel',
        sentinels: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 26_380 },
          { host: '::1', port: 26_379 },
        ],
        masterName: 'main',
        database: 2,
        sentinelPassword: 'still',
        tls: true,
      },
    ],
  ])('reads %s', (url, expected) => {
    expect(redisAddress(url)).toMatchObject(expected);
  });

  it.each([
    ['http://host', /redis:\/\/HOST:PORT, rediss/],
    ['host:6379', /redis:\/\/HOST:PORT/],
    ['redis://host:99999', /port from 1 to 65535/],
    ['redis://host:0', /port from 1 to 65535/],
    ['redis://host/abc', /number of a database/],
    ['redis://host/-1', /number of a database/],
    ['redis://host/1/2', /nothing after the number/],
    ['redis://a,b', /one HOST:PORT/],
    ['redis://host?retries=3', /no other options/],
    ['redis://host?family=5', /family=4/],
    ['redis://:100%@host', /%25/],
    ['unix://run/redis.sock', /absolute path/],
    ['redis+sentinel://a:26379', /\/NAME/],
    ['redis+cluster://a,b', /Cluster is not supported/],
  ])('refuses %s', (url, expected) => {
    expect(() => redisAddress(url)).toThrow(expected);
  });

  it('a password with a slash in it is not shown, and how to write it is said', () => {
    const refusal = (): unknown => redisAddress('redis://user:hush/hush@host:6379');
    expect(refusal).toThrow(/port from/);
    expect(refusal).not.toThrow(/hush/);
    expect(() => redisAddress('redis//user:hush/hush@host:6379')).toThrow(/%2F/);
  });
});

it.each([
  ['redis://user:hush@host:6379/1', 'redis://user:***@host:6379/1'],
  ['redis://host:6379?password=hush', 'redis://:***@host:6379'],
  ['redis://host:6379#hush', 'redis://host:6379'],
  ['unix://:hush@/run/redis.sock', 'unix://:***@/run/redis.sock'],
  ['redis+sentinel://:hush@a,b/main?sentinel_password=hush', 'redis+sentinel://:***@a:26379,b:26379/main'],
])('an error names the address without the password: %s', (url, shown) => {
  expect(shownAddress(redisAddress(url))).toBe(shown);
  const { message } = redisUnreachable(redisAddress(url), new Error('refused'));
  expect(message).toContain(shown);
  expect(message).not.toContain('hush');
});
