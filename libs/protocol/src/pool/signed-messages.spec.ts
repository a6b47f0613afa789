// Goal: nothing passes but what was signed with the pool's key, as this kind of message, for this pool.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMessageSigner, type SignerOptions } from './signed-messages.js';

const poolKey = 'a-pool-key-of-the-tests';
const open = (change: Partial<SignerOptions> = {}): ReturnType<typeof openMessageSigner> =>
  openMessageSigner({ poolKey, prefix: 'tandem', ...change });
const task = { run: 'r', epoch: 1, step: 2, kind: 'encode', shard: 3, name: 'ünïcode' };
/** As Redis gives it back. */
const sent = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

it('what is signed comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (message) => {
      const received = sent(open().sign('task', message));
      expect(open().verify('task', received)).toEqual(sent(message));
    }),
  );
});

it.each([
  ['another key', open({ poolKey: 'another-key-of-the-tests' }).sign('task', task), /another key/],
  ['another pool', open({ prefix: 'other' }).sign('task', task), /another key/],
  ['another kind', open().sign('answer', task), /another key/],
  ['no signature', task, /not signed/],
  ['no key', open({ poolKey: undefined }).sign('task', task), /not signed/],
  ['nothing', null, /not signed/],
  ['an empty signature', { body: JSON.stringify(task), signature: '' }, /another key/],
  ['more than a signature', { ...(open().sign('task', task) as object), more: 1 }, /not signed/],
])('a message with %s is refused', (_, message, problem) => {
  expect(() => open().verify('task', sent(message))).toThrow(problem);
});

it('every changed byte of body or signature is noticed', () => {
  const { body, signature } = open().sign('task', task) as { body: string; signature: string };
  for (let at = 0; at < body.length; at++) {
    const changed = body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ 1) + body.slice(at + 1);
    expect(() => open().verify('task', { body: changed, signature })).toThrow(/another key/);
  }
  const mac = Buffer.from(signature, 'base64');
  for (let bit = 0; bit < 8 * mac.length; bit++) {
    const changed = Buffer.from(mac);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => open().verify('task', { body, signature: changed.toString('base64') })).toThrow(/another key/);
  }
});

it('without a key messages pass as they are, and one that is signed is refused: it was meant for somebody else', () => {
  const none = open({ poolKey: undefined });
  expect(none.sign('task', task)).toBe(task);
  expect(none.verify('task', task)).toBe(task);
  expect(() => none.verify('task', sent(open().sign('task', task)))).toThrow(/has no key/);
});
