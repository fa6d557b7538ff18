import type { Command } from 'commander';
import { VtrewindError } from '../../base/errors.ts';
import type { OpenTopology } from '../../topo/openTopo.ts';

export interface TopologyFlags {
  readonly topoImplementation: string;
  readonly topoGlobalServerAddress: string;
  readonly topoGlobalRoot: string;
}

/** Where the topology is: Vitess's own flags. */
export function withTopologyFlags(command: Command): Command {
  return command
    .option('--topo-implementation <name>', 'the topology store: etcd2 (etcd 3.4 and newer; also what `vtrewind up` serves)', 'etcd2')
    .option('--topo-global-server-address <addresses>', 'address of the global topology server, several separated by commas', '127.0.0.1:2379')
    .option('--topo-global-root <path>', 'path of the global topology data', '/vitess/global')
    .option('--config-file <file>', 'YAML file with any of these flags');
}

/** Opens the topology that the flags name. Throws VTR0918 for a store there is no implementation of. */
export async function topologyOf(flags: TopologyFlags): Promise<OpenTopology> {
  if (flags.topoImplementation !== 'etcd2' && flags.topoImplementation !== 'etcd') {
    throw new VtrewindError({ code: 'VTR0918', grpc: 'INVALID_ARGUMENT', message: `there is no topology implementation '${flags.topoImplementation}'`, hint: 'etcd2 is the one; `vtrewind up` brings an embedded topology that speaks it' });
  }
  const { openTopo } = await import('../../topo/openTopo.ts');
  return openTopo({ kind: 'etcd', endpoints: flags.topoGlobalServerAddress.split(',').map((part) => part.trim()), globalRoot: flags.topoGlobalRoot });
}
