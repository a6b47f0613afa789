import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A task counts if a worker says that it cannot read it. */
export const unreadableKinds = ['worker record', 'answer', 'task'] as const;
export type UnreadableKind = (typeof unreadableKinds)[number];
export type UnreadableCounts = Readonly<Record<UnreadableKind, number>>;

export interface UnreadableMessage {
  readonly kind: UnreadableKind;
  /** Who wrote it, as far as that is known. */
  readonly source: string;
  /** Tells it from others of its kind and source. A record that stands in Redis is read at every heartbeat. */
  readonly identity: string;
  /** What was expected and what came. */
  readonly problem: string;
}

/** Counts the messages of a pool that cannot be read. Nothing else is done about them: the others still count. */
export interface UnreadableMessages {
  /** Counts a message, but not the same one twice in a row. */
  note(message: UnreadableMessage): void;
  counts(): UnreadableCounts;
}

/** Sources beyond it are told of again. */
const sourcesMax = 1000;

/** `onFirst` hears of the first message of a kind from a source. */
export function openUnreadableMessages(onFirst: (message: UnreadableMessage) => void): UnreadableMessages {
  const counts = { 'worker record': 0, answer: 0, task: 0 };
  const newest = new LRUCache<string, string>({ max: sourcesMax });
  return {
    note(message) {
      const { kind, source, identity } = message;
      const from = hashOf(`${kind} ${source}`);
      const before = newest.get(from);
      const hash = hashOf(identity);
      if (before === hash) return;
      newest.set(from, hash);
      counts[kind] += 1;
      if (before === undefined) onFirst(message);
    },
    counts: () => ({ ...counts }),
  };
}

/** Whoever writes to Redis chooses the length of a message. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
