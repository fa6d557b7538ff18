import { type Command, InvalidArgumentError, Option } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { createLog } from '../../base/log.ts';
import { readCredentials } from '../credentials.ts';
import { runRole } from '../roleProcess.ts';
import { type StorageFlags, storageOf, withStorageFlags } from './storageFlags.ts';
import { type TopologyFlags, topologyOf, withTopologyFlags } from './topologyFlags.ts';

interface TabletFlags extends TopologyFlags, StorageFlags {
  readonly tabletPath: string;
  readonly initKeyspace: string;
  readonly initShard: string;
  readonly initTabletType: 'replica' | 'rdonly';
  readonly initPrimary?: true;
  readonly tabletDir?: string;
  readonly tabletHostname: string;
  readonly grpcAddress: string;
  readonly httpAddress: string;
  readonly mysqlPort: number;
  readonly mysqld: string;
  readonly mysqldOption: readonly string[];
  readonly dbCredentialsFile: string;
  readonly restoreFromBackup?: true;
  readonly binlogHost?: string;
  readonly binlogPort?: number;
  readonly binlogUser?: string;
  readonly binlogPassword?: string;
  readonly binlogSslCa?: string;
  readonly binlogSslCert?: string;
  readonly binlogSslKey?: string;
  readonly binlogSslServerName?: string;
  readonly pitrGtidLookupTimeout: number;
  readonly snapshotWrites: 'refuse' | 'allow';
}

/** Whole milliseconds of a Go-style duration such as `1m`, `90s`, `500ms`. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a duration such as 500ms, 90s, 1m or 2h');
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  return Math.round(Number(match[1]) * unit);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a port, 0 to 65535');
  return port;
}

export function addTablet(program: Command): void {
  const command = program
    .command('tablet')
    .description('sit beside one mysqld: serve it, back it up, or restore it (a tablet of a snapshot keyspace restores)')
    .requiredOption('--tablet-path <alias>', 'alias of the tablet: cell and number, such as zone1-100')
    .requiredOption('--init-keyspace <keyspace>', 'keyspace of the tablet')
    .requiredOption('--init-shard <shard>', 'shard of the tablet')
    .addOption(new Option('--init-tablet-type <type>', 'type of a tablet that is not the primary').choices(['replica', 'rdonly']).default('replica'))
    .option('--init-primary', 'become the primary when the shard has none yet')
    .option('--tablet-dir <folder>', "everything of this tablet: data, binlogs, option file, restore state (default ./vtrewind-data/<alias>)")
    .option('--tablet-hostname <host>', 'host name that others reach this tablet by', '127.0.0.1')
    .option('--grpc-address <address>', 'where queryservice and tabletmanagerservice are served (port 0: a free one, kept over restarts)', '127.0.0.1:0')
    .option('--http-address <address>', '/healthz, /metrics, /restore', '127.0.0.1:0')
    .option('--mysql-port <port>', 'port of the mysqld (0: a free one, kept over restarts)', parsePort, 0)
    .option('--mysqld <path>', 'the server binary: auto (first found), or a path', 'auto')
    .option('--mysqld-option <line>', 'a further line for the server\'s option file; may be repeated', (line: string, lines: readonly string[]) => [...lines, line], [] as readonly string[])
    .requiredOption('--db-credentials-file <file>', 'JSON file (mode 0600) with the MySQL accounts of the cluster')
    .option('--restore-from-backup', 'start from the newest backup (a tablet of a snapshot keyspace always does)')
    .option('--binlog-host <host>', 'binlog server to replay from; without it the archive is read from the backup storage')
    .option('--binlog-port <port>', 'port of the binlog server', parsePort)
    .option('--binlog-user <user>', 'user of the binlog server')
    .option('--binlog-password <password>', 'its password (better given as VTREWIND_BINLOG_PASSWORD)')
    .option('--binlog-ssl-ca <file>', 'CA that the binlog server\'s certificate must come from')
    .option('--binlog-ssl-cert <file>', 'client certificate')
    .option('--binlog-ssl-key <file>', 'client key')
    .option('--binlog-ssl-server-name <name>', 'name that the certificate must carry')
    .option('--pitr-gtid-lookup-timeout <duration>', 'how long finding the last GTID before the snapshot time may take', parseDurationMs, 60_000)
    .addOption(new Option('--snapshot-writes <policy>', 'whether a restored copy takes writes').choices(['refuse', 'allow']).default('refuse'));
  withStorageFlags(withTopologyFlags(command)).action(async (flags: TabletFlags) => {
    const { runTablet } = await import('../../tablet/index.ts');
    const log = createLog(`tablet ${flags.tabletPath}`);
    await runRole(async (signal) => {
      const topology = await topologyOf(flags);
      const tablet = await runTablet(
        {
          topology,
          alias: flags.tabletPath,
          folder: flags.tabletDir ?? `vtrewind-data/${flags.tabletPath}`,
          mysqld: flags.mysqld,
          hostname: flags.tabletHostname,
          grpcAddress: flags.grpcAddress,
          httpAddress: flags.httpAddress,
          mysqlPort: flags.mysqlPort,
          keyspace: flags.initKeyspace,
          shard: flags.initShard,
          tabletType: flags.initTabletType === 'rdonly' ? 'RDONLY' : 'REPLICA',
          initPrimary: flags.initPrimary === true,
          users: readCredentials(flags.dbCredentialsFile),
          storage: await storageOf(flags),
          restoreFromBackup: flags.restoreFromBackup === true,
          archive: archiveOf(flags),
          pitrGtidLookupTimeoutMs: flags.pitrGtidLookupTimeout,
          mysqldOptions: [...flags.mysqldOption],
          snapshotWrites: flags.snapshotWrites,
          log,
        },
        signal,
      );
      return {
        ready: tablet.ready,
        stop: async () => {
          await tablet.stop();
          await topology.close();
        },
      };
    });
  });
}

function archiveOf(flags: TabletFlags) {
  if (flags.binlogHost === undefined) return undefined;
  if (flags.binlogPort === undefined || flags.binlogUser === undefined) {
    throw new VtrewindError({ code: 'VTR0920', grpc: 'INVALID_ARGUMENT', message: '--binlog-host needs --binlog-port and --binlog-user', hint: 'leave all three out to read the archive from the backup storage' });
  }
  const ssl = flags.binlogSslCa === undefined && flags.binlogSslCert === undefined ? undefined
    : { ca: flags.binlogSslCa, cert: flags.binlogSslCert, key: flags.binlogSslKey, serverName: flags.binlogSslServerName };
  return { host: flags.binlogHost, port: flags.binlogPort, user: flags.binlogUser, password: flags.binlogPassword ?? '', ssl };
}
