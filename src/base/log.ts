import pino from 'pino';

/** One line an event, fields not prose; no SQL literals at info level and never a password. */
export type Log = pino.Logger;

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** The process's logger: JSON lines on stderr, so that a command's own output stays clean. Level from `level` or VTREWIND_LOG (default info). */
export function createLog(name: string, level: string = process.env.VTREWIND_LOG ?? 'info'): Log {
  return pino(
    {
      name,
      level: levels.includes(level) ? level : 'info',
      redact: { paths: ['password', '*.password', 'scramble', 'authResponse'], censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** For tests and tools that want no log. */
export const silentLog: Log = pino({ level: 'silent' });
