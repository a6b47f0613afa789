import { createHash } from 'node:crypto';
import { serveThread } from '#threads/thread-server.js';
import type { HashingCall } from './content-hash.js';

/* The thread that hashes large blobs in shared memory: the parameters and gradients of ViT-B/32 have 600 MB each. */

serveThread(async ({ bytes }: HashingCall) => createHash('sha256').update(bytes).digest('hex'));
