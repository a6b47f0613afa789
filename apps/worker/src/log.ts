import { pino, type Logger } from 'pino';

export type Log = Logger;

/** `hide` leaves out secrets. */
export function openLog(level: string, worker: string, hide: (text: string) => string): Log {
  return pino({ level, base: { worker }, hooks: { streamWrite: hide } }, pino.destination({ fd: 2, sync: true }));
}
