import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Everything of one server lies below one folder, so that a backup, a look or a removal needs to know nothing else. */
export interface ServerFolder {
  readonly root: string;
  /** The data directory proper. */
  readonly data: string;
  readonly optionFile: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly errorLog: string;
  /** Binary logs `bin.000001`, …, apart from the data, so that a physical copy of the data never holds another server's history. */
  readonly binlog: string;
  readonly relayLog: string;
  readonly tmp: string;
}

/** `sockaddr_un` holds 108 bytes with the closing zero (unix(7)). */
const longestSocketPath = 107;

/** The paths below `root`. The socket moves to the temporary folder, under a name made from `root`, where its own path would be too long for a socket. */
export function serverFolder(root: string): ServerFolder {
  const at = resolve(root);
  const socket = join(at, 'mysqld.sock');
  const short = join(tmpdir(), `vtrewind-${createHash('sha256').update(at).digest('hex').slice(0, 16)}.sock`);
  return {
    root: at,
    data: join(at, 'data'),
    optionFile: join(at, 'my.cnf'),
    socket: Buffer.byteLength(socket) <= longestSocketPath ? socket : short,
    pidFile: join(at, 'mysqld.pid'),
    errorLog: join(at, 'error.log'),
    binlog: join(at, 'binlog'),
    relayLog: join(at, 'relaylog'),
    tmp: join(at, 'tmp'),
  };
}
