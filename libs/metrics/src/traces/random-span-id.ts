import { randomBytes } from 'node:crypto';

/** 16 hexadecimal digits, for a span that no other process has to know. */
export function randomSpanId(): string {
  return randomBytes(8).toString('hex');
}
