import { afterAll, beforeAll, describe, it } from 'vitest';
import { EmbeddedStore } from '../../src/topo/embeddedStore.ts';
import { openTopo } from '../../src/topo/openTopo.ts';
import { KvTopoServer } from '../../src/topo/kvTopoServer.ts';
import { topoContract } from '../../src/topo/topo.contract.ts';
import { hasProgram, startEtcd, type TestEtcd, temporaryFolder } from '../support/servers.ts';

topoContract('the embedded store', async () => {
  const store = EmbeddedStore.open(await temporaryFolder('topo'));
  const server = new KvTopoServer(store, '/vitess/global', false);
  return { server, other: new KvTopoServer(store, '/vitess/global', false), close: () => store.close() };
});

topoContract('the embedded store, from another process', async () => {
  const owner = await openTopo({ kind: 'embedded', directory: await temporaryFolder('topo'), serve: true });
  const client = await openTopo({ kind: 'etcd', endpoints: [owner.endpoint!] });
  return {
    server: client.global, other: owner.global,
    close: async () => {
      await client.close();
      await owner.close();
    },
  };
});

const etcdHere = await hasProgram('etcd');
describe.skipIf(!etcdHere)('with etcd', () => {
  let etcd: TestEtcd;
  let roots = 0;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());
  topoContract('etcd', async () => {
    const globalRoot = `/vitess${roots++}/global`;
    const one = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot });
    const two = await openTopo({ kind: 'etcd', endpoints: [etcd.endpoint], globalRoot });
    return {
      server: one.global, other: two.global,
      close: async () => {
        await one.close();
        await two.close();
      },
    };
  });
});
if (!etcdHere) it.skip('etcd is not installed: its half of the contract is skipped', () => {});
