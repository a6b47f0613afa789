import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Logs one JSON object per line to standard error, as the coordinator does. `hide` leaves out secrets. */
export function openLog(level: string, worker: string, hide: (text: string) => string): Log {
  const { isoTime: timestamp } = pino.stdTimeFunctions;
  const base = { name: 'worker', worker, pid: process.pid };
  return pino({ level, base, timestamp, hooks: { streamWrite: hide } }, pino.destination({ fd: 2, sync: true }));
}
