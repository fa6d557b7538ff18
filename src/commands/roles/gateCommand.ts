import { type Command, InvalidArgumentError, Option } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { createLog } from '../../base/log.ts';
import { readCredentials } from '../credentials.ts';
import { askUp, runRole } from '../roleProcess.ts';
import { listOf } from '../control/withControl.ts';
import { type TopologyFlags, topologyOf, withTopologyFlags } from './topologyFlags.ts';

interface GateFlags extends TopologyFlags {
  readonly cell: string;
  readonly cellsToWatch: readonly string[];
  readonly mysqlAddress: string;
  readonly httpAddress: string;
  readonly mysqlAuthServerStaticFile?: string;
  readonly mysqlServerSslCert?: string;
  readonly mysqlServerSslKey?: string;
  readonly mysqlServerSslCa?: string;
  readonly mysqlServerSocketPath?: string;
  readonly mysqlServerRequireSecureTransport?: true;
  readonly mysqlServerVersion?: string;
  readonly tabletProtocol: 'mysql' | 'grpc';
  readonly transactionMode: 'SINGLE' | 'MULTI';
  readonly dbCredentialsFile: string;
  readonly dbddlPlugin: 'fail' | 'up';
  readonly scratchMysqld: string;
  readonly scratchDir?: string;
  readonly scratchMaxRows?: number;
  readonly scratchMaxBytes?: number;
}

/** How long making or dropping a keyspace may take, servers started included. */
const databaseChangeMs = 300_000;

function countOf(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) throw new InvalidArgumentError('it is not a whole number');
  return count;
}

export function addGate(program: Command): void {
  const command = program
    .command('gate')
    .description('speak MySQL to clients; resolve names, plan, route to tablets, merge')
    .requiredOption('--cell <cell>', 'the cell this gate is in')
    .option('--cells-to-watch <cells>', 'cells whose tablets it uses (default: its own)', listOf, [] as readonly string[])
    .option('--mysql-address <address>', 'where clients connect', '127.0.0.1:15306')
    .option('--mysql-server-socket-path <path>', 'a unix socket for clients as well')
    .option('--http-address <address>', '/healthz, /metrics, /debug/vars, /debug/health', '127.0.0.1:15001')
    .option('--mysql-auth-server-static-file <file>', "users, in Vitess's JSON form, read again when it changes; without it anyone may log in, from loopback only")
    .option('--mysql-server-ssl-cert <file>', 'certificate for clients (a self-signed one is made when none is given)')
    .option('--mysql-server-ssl-key <file>', 'its key')
    .option('--mysql-server-ssl-ca <file>', 'CA that client certificates must come from')
    .option('--mysql-server-require-secure-transport', 'refuse logins without TLS')
    .option('--mysql-server-version <version>', 'version that clients are told (default: what the backends allow)')
    .addOption(new Option('--tablet-protocol <protocol>', 'how queries travel to tablets: straight to their mysqld, or over gRPC').choices(['mysql', 'grpc']).default('mysql'))
    .addOption(new Option('--transaction-mode <mode>', 'SINGLE: a transaction stays in one shard; MULTI: best-effort commit over several').choices(['SINGLE', 'MULTI']).default('MULTI'))
    .requiredOption('--db-credentials-file <file>', 'JSON file (mode 0600) with the MySQL accounts of the cluster')
    .addOption(new Option('--dbddl-plugin <plugin>', 'who does CREATE/DROP DATABASE: nobody, or the `vtrewind up` this gate belongs to').choices(['fail', 'up']).default('fail'))
    .option('--scratch-mysqld <server>', 'where statements run that cannot be put together from shards: `auto` (a server of its own, started when first needed, if a program for it is found), a path of a program, HOST:PORT, or `off`', 'auto')
    .option('--scratch-dir <folder>', 'where its own scratch server lives (default: vtrewind/scratch in the cache folder of the user)')
    .option('--scratch-max-rows <rows>', 'rows that one statement may bring to the scratch server (default: 1000000)', countOf)
    .option('--scratch-max-bytes <bytes>', 'bytes of values that one statement may bring there (default: 536870912)', countOf);
  command.addHelpText('after', '\nStarted by itself, give Node a larger young generation, as `vtrewind up` does: NODE_OPTIONS=--max-semi-space-size=32 (a few percent less CPU).');
  withTopologyFlags(command).action(async (flags: GateFlags) => {
    if ((flags.mysqlServerSslCert === undefined) !== (flags.mysqlServerSslKey === undefined)) {
      throw new VtrewindError({ code: 'VTR0928', grpc: 'INVALID_ARGUMENT', message: '--mysql-server-ssl-cert and --mysql-server-ssl-key go together' });
    }
    if (flags.mysqlServerSslCa !== undefined && flags.mysqlServerSslCert === undefined) {
      throw new VtrewindError({ code: 'VTR0928', grpc: 'INVALID_ARGUMENT', message: '--mysql-server-ssl-ca asks clients for certificates and needs --mysql-server-ssl-cert and --mysql-server-ssl-key' });
    }
    const { runGate } = await import('../../gate/gate.ts');
    await runRole(async (signal) => {
      const topology = await topologyOf(flags);
      const gate = await runGate(
        {
          cell: flags.cell,
          cellsToWatch: flags.cellsToWatch.length > 0 ? flags.cellsToWatch : [flags.cell],
          topo: topology,
          mysqlAddress: flags.mysqlAddress,
          mysqlSocketPath: flags.mysqlServerSocketPath,
          httpAddress: flags.httpAddress,
          usersFile: flags.mysqlAuthServerStaticFile,
          tls: { certFile: flags.mysqlServerSslCert, keyFile: flags.mysqlServerSslKey, caFile: flags.mysqlServerSslCa, required: flags.mysqlServerRequireSecureTransport === true },
          serverVersion: flags.mysqlServerVersion,
          tabletProtocol: flags.tabletProtocol,
          transactionMode: flags.transactionMode,
          backendUser: readCredentials(flags.dbCredentialsFile).app,
          ...(flags.dbddlPlugin === 'up' ? { databaseHook: async (action: 'create' | 'drop', name: string) => void (await askUp(action === 'create' ? 'createDatabase' : 'dropDatabase', { name }, databaseChangeMs)) } : {}),
          scratch: {
            choice: flags.scratchMysqld, folder: flags.scratchDir,
            ...(flags.scratchMaxRows === undefined ? {} : { maxRows: flags.scratchMaxRows }), ...(flags.scratchMaxBytes === undefined ? {} : { maxBytes: flags.scratchMaxBytes }),
          },
          log: createLog('gate'),
        },
        signal,
      );
      return {
        ready: gate.ready,
        stop: async () => {
          await gate.stop();
          await topology.close();
        },
      };
    });
  });
}
