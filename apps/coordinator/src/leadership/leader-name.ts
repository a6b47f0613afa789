import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** How a coordinator is named to others. */
export interface LeaderName {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** When it started to lead or to wait, in ISO 8601. */
  readonly since: string;
}

export function ownName(now: Date): LeaderName {
  return { id: randomUUID(), host: hostname(), pid: process.pid, since: now.toISOString() };
}

/** `coordinator on host-1, process 4711, since 2026-01-31T12:00:00.000Z` */
export function leaderText({ host, pid, since }: LeaderName): string {
  return `a coordinator on ${host}, process ${pid}, since ${since}`;
}
