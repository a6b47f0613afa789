// Goal: a session stands for its key, and ends with it, after its time, when it is closed, and when there are too many.
import { expect, it } from 'vitest';
import { openSessions, sessionMs, type Sessions } from './sessions.js';

const key = { id: 'k', name: 'a key', scope: 'read' } as const;

function open(): { readonly sessions: Sessions; readonly clock: { nowMs: number }; readonly keys: Set<string> } {
  const [clock, keys] = [{ nowMs: 0 }, new Set(['k', 'other'])];
  return {
    sessions: openSessions(
      (id) => keys.has(id),
      () => clock.nowMs,
    ),
    clock,
    keys,
  };
}

it('a session is found by its token alone, until it is closed', () => {
  const { sessions } = open();
  const [token, other] = [sessions.open(key), sessions.open(key)];
  expect(token).toMatch(/^[\w-]{43}$/);
  expect([sessions.find(token), sessions.find('x'), sessions.find('')]).toEqual([key, undefined, undefined]);
  sessions.close(token);
  expect([sessions.find(token), sessions.find(other)]).toEqual([undefined, key]);
});

it('a session ends after its time, and with its key', () => {
  const { sessions, clock, keys } = open();
  const token = sessions.open(key);
  clock.nowMs = sessionMs - 1;
  expect(sessions.find(token)).toEqual(key);
  clock.nowMs = sessionMs;
  expect(sessions.find(token)).toBeUndefined();
  const another = sessions.open(key);
  keys.delete('k');
  expect(sessions.find(another)).toBeUndefined();
});

it('of too many sessions of one key the oldest ends; those of other keys stay', () => {
  const { sessions } = open();
  const other = sessions.open({ ...key, id: 'other' });
  const tokens = Array.from({ length: 101 }, () => sessions.open(key));
  expect(tokens.map((token) => sessions.find(token) !== undefined)).toEqual([false, ...Array<boolean>(100).fill(true)]);
  expect(sessions.find(other)).toBeDefined();
});
