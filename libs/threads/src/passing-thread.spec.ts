// Goal: a thread is there while it has work and for a while after, and is started again. Method: something that notes
// when it is started and closed stands in for the thread.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { passingThread } from './passing-thread.js';

it('is started for work, kept for a while, closed and started again', async () => {
  const events: string[] = [];
  const thread = passingThread(() => {
    events.push('started');
    return { close: async () => void events.push('closed') };
  }, 20);
  await Promise.all([thread.during(() => sleep(60)), thread.during(() => sleep(1))]);
  await expect(thread.during(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(events).toEqual(['started']);
  await expect.poll(() => events).toEqual(['started', 'closed']);
  await thread.during(() => Promise.resolve());
  await thread.close();
  expect(events).toEqual(['started', 'closed', 'started', 'closed']);
});
