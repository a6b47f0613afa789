import { expect, it } from 'vitest';
import { redisUnreachable } from './connect-redis.js';

it.each(['redis://user:hush@host:6379', 'redis://host:6379?password=hush', 'redis://host:6379#hush'])(
  'an error names the address without the password: %s',
  (url) => {
    const { message } = redisUnreachable(url, new Error('refused'));
    expect(message).toContain('host:6379');
    expect(message).not.toContain('hush');
  },
);
