import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../input/json-text.js';
import { ErrorCode, TandemError } from '../tandem-error.js';

/** What goes through Redis. A message of one kind is none of another. */
export type MessageKind = 'task' | 'answer' | 'worker record' | 'coordinator record';

/** Signs what this process sends through Redis, and checks what it gets from there. */
export interface MessageSigner {
  /** The message as it is sent. */
  sign(kind: MessageKind, message: unknown): unknown;
  /** The message in what was received. Throws UNAUTHORISED if it is not signed with the pool's key. */
  verify(kind: MessageKind, received: unknown): unknown;
}

export interface SignerOptions {
  /** TANDEM_POOL_KEY. Without it messages are neither signed nor checked. */
  readonly poolKey: string | undefined;
  /** TANDEM_QUEUE_PREFIX: messages of one pool are none of another with the same key. */
  readonly prefix: string;
}

const signedSchema = z.strictObject({ body: z.string(), signature: z.string() });

/**
 * A signed message is its JSON as a text and HMAC-SHA256(pool key, prefix ‖ kind ‖ text): the exact bytes are signed.
 * An old message can be sent again by whoever writes to Redis, and does no harm: a task says run, epoch, step and
 * shards, so doing it again gives the same blob under the same key, and the answer to a task that nobody waits for
 * counts for nothing.
 */
export function openMessageSigner({ poolKey, prefix }: SignerOptions): MessageSigner {
  if (poolKey === undefined)
    return {
      sign: (_, message) => message,
      verify(kind, received) {
        if (signedSchema.safeParse(received).success) throw unexpected(kind, 'one that is signed, and has no key');
        return received;
      },
    };
  const key = createSecretKey(poolKey, 'utf8');
  const signatureOf = (kind: MessageKind, body: string): Buffer =>
    createHmac('sha256', key).update(`tandem 1\n${prefix}\n${kind}\n`).update(body).digest();
  return {
    sign(kind, message) {
      const body = JSON.stringify(message);
      return { body, signature: signatureOf(kind, body).toString('base64') };
    },
    verify(kind, received) {
      const { data } = signedSchema.safeParse(received);
      if (!data) throw unexpected(kind, 'one that is not signed');
      const [given, right] = [Buffer.from(data.signature, 'base64'), signatureOf(kind, data.body)];
      if (given.length !== right.length || !timingSafeEqual(given, right))
        throw unexpected(kind, 'one that is signed with another key');
      return parseJson(data.body);
    },
  };
}

function unexpected(kind: MessageKind, got: string): TandemError {
  return new TandemError({
    code: ErrorCode.Unauthorised,
    message: `Expected a ${kind} that is signed as this process signs, with its TANDEM_POOL_KEY, got ${got}.`,
    help: 'Give coordinator and workers the same TANDEM_POOL_KEY. If they have it, somebody else writes to this Redis.',
  });
}
