import { pino, type Logger } from 'pino';

export type Log = Logger;

export function openLog(level: string, worker: string): Log {
  return pino({ level, base: { worker } }, pino.destination({ fd: 2, sync: true }));
}
