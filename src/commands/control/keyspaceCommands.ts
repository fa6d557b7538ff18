import { type Command, Option } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import { parseMicros } from '../../base/time.ts';
import type { ControlClient } from '../../control/index.ts';
import { type MomentFlags, requestOf, withGtidFlags } from '../restore/momentFlags.ts';
import { listOf, parseKeyspaceShard, print, withControl } from './withControl.ts';

interface CreateFlags extends MomentFlags {
  readonly allowEmptyVschema?: true; readonly force?: true; readonly type: string; readonly keyspaceType?: string; readonly baseKeyspace: string;
  readonly snapshotTimestamp?: string; readonly snapshotTime?: string; readonly durabilityPolicy: string; readonly sidecarDbName: string;
}

/** Planning looks up GTIDs and may wait for proof of a recent moment. */
const planningMs = 150_000;

/** The shards of a keyspace. Throws VTR0921 for an empty name. */
async function shardsOf(control: ControlClient, keyspace: string): Promise<string[]> {
  if (keyspace === '') throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: 'a restore needs a base keyspace', hint: 'add --base-keyspace=KEYSPACE' });
  return Object.keys((await control.call('findAllShardsInKeyspace', { keyspace })).shards).sort();
}

export function addKeyspaceCommands(program: Command): void {
  const create = program.command('CreateKeyspace').argument('<keyspace>').description('create a keyspace, or a snapshot keyspace: a base keyspace as it was at a moment')
    .option('-e, --allow-empty-vschema', 'allow a new keyspace to have no vschema')
    .option('-f, --force', 'proceed even if the keyspace exists; its record is not overwritten')
    .option('--type <type>', 'NORMAL or SNAPSHOT', 'NORMAL')
    .addOption(new Option('--keyspace-type <type>', 'older spelling of --type').hideHelp())
    .option('--base-keyspace <keyspace>', 'the keyspace that a snapshot keyspace shows', '')
    .option('--snapshot-timestamp <time>', 'the moment: RFC 3339 with a zone, to the microsecond, or `latest`')
    .addOption(new Option('--snapshot-time <time>', 'older spelling of --snapshot-timestamp').hideHelp())
    .option('--durability-policy <policy>', 'durability policy of a normal keyspace', 'none')
    .option('--sidecar-db-name <name>', 'sidecar database of its tablets', '_vt')
    .addHelpText('after', `\nExamples:\n  vtrewind CreateKeyspace --type=SNAPSHOT --base-keyspace=commerce --snapshot-timestamp=2026-07-17T18:25:20.250Z commerce_restore
  vtrewind CreateKeyspace --type=SNAPSHOT --base-keyspace=commerce --before-gtid=0-100-4711 commerce_before
  vtrewind CreateKeyspace --type=SNAPSHOT --base-keyspace=commerce --snapshot-timestamp=latest --exclude-gtid=0-100-4711 commerce_without`);
  withGtidFlags(create).action(async (name: string, flags: CreateFlags) => {
    const type = (flags.keyspaceType ?? flags.type).toUpperCase();
    if (type !== 'NORMAL' && type !== 'SNAPSHOT') throw new VtrewindError({ code: 'VTR0921', grpc: 'INVALID_ARGUMENT', message: `'${flags.type}' is no keyspace type`, hint: 'NORMAL or SNAPSHOT' });
    const time = flags.snapshotTime ?? flags.snapshotTimestamp;
    // More than a time goes beside Vitess's request, without a time in it: a vtctld that knows nothing of it refuses, instead of making another snapshot than was asked for.
    const planned = time === 'latest' || flags.nearest !== undefined || [flags.beforeGtid, flags.gtid, flags.table, flags.excludeGtid].some((given) => given.length > 0);
    const at = time === undefined || planned ? undefined : parseMicros(time);
    const { KeyspaceType } = await import('../../vitess/gen/topodata.ts');
    const response = await withControl(create, async (control) => {
      const restore = planned ? requestOf(flags.baseKeyspace, { ...flags, ...(time === undefined ? {} : { at: time }), shard: [] }, await shardsOf(control, flags.baseKeyspace)) : undefined;
      return control.call('createKeyspace', {
        name, force: flags.force === true, allowEmptyVSchema: flags.allowEmptyVschema === true, type: KeyspaceType[type], baseKeyspace: flags.baseKeyspace,
        snapshotTime: at === undefined ? undefined : { seconds: BigInt(Math.floor(at / 1_000_000)), nanoseconds: (at % 1_000_000) * 1000 },
        durabilityPolicy: flags.durabilityPolicy, sidecarDbName: flags.sidecarDbName,
      }, restore === undefined ? {} : { restore, timeoutMs: planningMs });
    });
    await print(response.keyspace, `Successfully created keyspace ${name}. Result:\n`);
  });

  const remove = program.command('DeleteKeyspace').argument('<keyspace>').description('delete a keyspace from the topology; data, backups and archives stay')
    .option('-r, --recursive', 'delete its shards and tablets too').option('-f, --force', 'even when it is the base of a snapshot');
  remove.action(async (keyspace: string, flags: { recursive?: true; force?: true }) => {
    await withControl(remove, (control) => control.call('deleteKeyspace', { keyspace, recursive: flags.recursive === true, force: flags.force === true }));
    process.stdout.write(`Successfully deleted keyspace ${keyspace}.\n`);
  });

  const get = program.command('GetKeyspace').argument('<keyspace>').description("show a keyspace's record");
  get.action(async (keyspace: string) => print((await withControl(get, (control) => control.call('getKeyspace', { keyspace }))).keyspace));

  const list = program.command('GetKeyspaces').description('show every keyspace');
  list.action(async () => print((await withControl(list, (control) => control.call('getKeyspaces', {}))).keyspaces));

  const shard = program.command('GetShard').argument('<keyspace/shard>').description("show a shard's record");
  shard.action(async (text: string) => {
    const { keyspace, shard: shardName } = parseKeyspaceShard(text);
    await print((await withControl(shard, (control) => control.call('getShard', { keyspace, shardName }))).shard);
  });

  const shards = program.command('FindAllShardsInKeyspace').argument('<keyspace>').description("show a keyspace's shards");
  shards.action(async (keyspace: string) => print((await withControl(shards, (control) => control.call('findAllShardsInKeyspace', { keyspace }))).shards));

  const createShard = program.command('CreateShard').argument('<keyspace/shard>').description('create a shard').option('-f, --force', 'no error when it exists').option('-p, --include-parent', 'create the keyspace too');
  createShard.action(async (text: string, flags: { force?: true; includeParent?: true }) => {
    const { keyspace, shard: shardName } = parseKeyspaceShard(text);
    await print(await withControl(createShard, (control) => control.call('createShard', { keyspace, shardName, force: flags.force === true, includeParent: flags.includeParent === true })));
  });

  const graph = program.command('RebuildKeyspaceGraph').argument('<keyspaces...>').description('write the serving graph of keyspaces anew').option('-c, --cells <cells>', 'limit to these cells', listOf, []).option('--allow-partial', 'even when shards are missing');
  graph.action(async (keyspaces: string[], flags: { cells: string[]; allowPartial?: true }) => {
    for (const keyspace of keyspaces) await withControl(graph, (control) => control.call('rebuildKeyspaceGraph', { keyspace, cells: flags.cells, allowPartial: flags.allowPartial === true }));
  });

  const srv = program.command('GetSrvKeyspaces').argument('<keyspace>').argument('[cells...]').description("show a keyspace's serving graph by cell");
  srv.action(async (keyspace: string, cells: string[]) => print((await withControl(srv, (control) => control.call('getSrvKeyspaces', { keyspace, cells }))).srvKeyspaces));

  const cell = program.command('AddCellInfo').argument('<cell>').description('register a cell').requiredOption('-r, --root <root>', "path of the cell's data in its topology server").option('-a, --server-address <address>', "address of the cell's topology server", '');
  cell.action(async (name: string, flags: { root: string; serverAddress: string }) => {
    await withControl(cell, (control) => control.call('addCellInfo', { name, cellInfo: { serverAddress: flags.serverAddress, root: flags.root } }));
    process.stdout.write(`Created cell: ${name}\n`);
  });
}
