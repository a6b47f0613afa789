// Goal: a Redis that would lose tasks or lacks commands is recognised by its answer to INFO.
import { expect, it } from 'vitest';
import { redisFitness } from './redis-fitness.js';

const info = (version: string, policy: string): string =>
  `# Server\r\nredis_version:${version}\r\nos:Linux\r\n\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n`;

it.each([
  ['7.2.4', 'noeviction', undefined, undefined],
  ['6.2.0', 'noeviction', undefined, undefined],
  ['10.0.1', 'noeviction', undefined, undefined],
  ['6.0.16', 'noeviction', 'version 6.0.16', undefined],
  ['4.0.9', 'noeviction', 'version 4.0.9', undefined],
  ['7.2.4', 'allkeys-lru', undefined, 'maxmemory-policy allkeys-lru'],
  ['7.2.4', 'volatile-ttl', undefined, 'maxmemory-policy volatile-ttl'],
])('of Redis %s with %s', (version, policy, tooOld, evicting) => {
  expect(redisFitness(info(version, policy))).toEqual({ tooOld, evicting, mode: 'standalone' });
});

it('a server without a version counts as too old; one without an eviction policy does not evict', () => {
  expect(redisFitness('# Server\r\n')).toEqual({ tooOld: 'version none', evicting: undefined, mode: 'standalone' });
});
