import { VtrewindError } from '../base/errors.ts';
import { CellInfo } from '../vitess/gen/topodata.ts';
import { EmbeddedStore } from './embeddedStore.ts';
import { EtcdBackend, type EtcdOptions } from './etcd.ts';
import type { KvBackend } from './kvBackend.ts';
import { KvTopoServer } from './kvTopoServer.ts';
import { paths } from './paths.ts';
import { type EmbeddedServer, serveEmbedded } from './serveEmbedded.ts';
import { topoError } from './topoErrors.ts';
import type { Topology, TopoServer } from './topoServer.ts';

/** Vitess's own habit for the global root. */
export const defaultGlobalRoot = '/vitess/global';
/** A CellInfo address that means "the same store as the global one", wherever that listens today. */
export const sameServer = 'embedded';

export type TopoConfig =
  | ({ readonly kind: 'etcd'; readonly globalRoot?: string } & EtcdOptions)
  /** `serve`: other processes of this machine reach it on a loopback port (0 or omitted: a free one). */
  | { readonly kind: 'embedded'; readonly directory: string; readonly globalRoot?: string; readonly serve?: boolean; readonly port?: number };

export interface OpenTopology extends Topology {
  /** What another process passes as `{ kind: 'etcd', endpoints: [endpoint] }`; only for a served embedded topology. */
  readonly endpoint: string | undefined;
  readonly description: string;
}

/**
 * The topology of a cluster. Opening an etcd does not wait for it: calls fail with VTR0304 (UNAVAILABLE) and watches say `disconnected` until it is
 * there. Opening an embedded one throws VTR0308 when another process owns the folder.
 */
export async function openTopo(config: TopoConfig): Promise<OpenTopology> {
  const globalRoot = config.globalRoot ?? defaultGlobalRoot;
  if (config.kind === 'etcd') {
    if (config.endpoints.length === 0) throw topoError('badName', 'no etcd endpoint given', { hint: 'give --topo-global-server-address host:port' });
    return new KvTopology(new EtcdBackend(config), globalRoot, config, undefined);
  }
  const store = EmbeddedStore.open(config.directory);
  try {
    const server = config.serve === true ? await serveEmbedded(store, config.port) : undefined;
    return new KvTopology(store, globalRoot, undefined, server);
  } catch (error) {
    await store.close();
    throw VtrewindError.from(error, 'VTR0304');
  }
}

class KvTopology implements OpenTopology {
  readonly global: TopoServer;
  readonly endpoint: string | undefined;
  readonly description: string;
  readonly #backend: KvBackend;
  readonly #etcd: EtcdOptions | undefined;
  readonly #server: EmbeddedServer | undefined;
  readonly #cells = new Map<string, { readonly address: string; readonly root: string; readonly server: TopoServer }>();

  constructor(backend: KvBackend, globalRoot: string, etcd: EtcdOptions | undefined, server: EmbeddedServer | undefined) {
    this.#backend = backend;
    this.#etcd = etcd;
    this.#server = server;
    this.global = new KvTopoServer(backend, globalRoot, false);
    this.endpoint = server?.endpoint;
    this.description = backend.description;
  }

  /** Opened once; opened anew when the CellInfo names another place. */
  async cell(name: string): Promise<TopoServer> {
    const found = await this.global.get(paths.cellInfo(name));
    if (found === undefined) throw topoError('noNode', `there is no cell ${name}`, { hint: `create it: vtrewind AddCellInfo --root /vitess/${name} ${name}` });
    const info = CellInfo.decode(found.value);
    const known = this.#cells.get(name);
    if (known !== undefined && known.address === info.serverAddress && known.root === info.root) return known.server;
    const server = this.#open(info);
    this.#cells.set(name, { address: info.serverAddress, root: info.root, server });
    if (known !== undefined) await known.server.close();
    return server;
  }

  #open(info: CellInfo): TopoServer {
    const endpoints = info.serverAddress.split(',').map((e) => e.trim()).filter((e) => e !== '');
    const same = this.#etcd === undefined || endpoints.length === 0 || info.serverAddress === sameServer
      || (endpoints.length === this.#etcd.endpoints.length && endpoints.every((e) => this.#etcd?.endpoints.some((o) => o.replace(/^https?:\/\//, '') === e.replace(/^https?:\/\//, ''))));
    if (same || this.#etcd === undefined) return new KvTopoServer(this.#backend, info.root, false);
    return new KvTopoServer(new EtcdBackend({ ...this.#etcd, endpoints }), info.root, true);
  }

  async close(): Promise<void> {
    for (const { server } of this.#cells.values()) await server.close();
    this.#cells.clear();
    await this.#backend.close(); // ends the watches of other processes, so that the server needs no force
    await this.#server?.close();
  }
}
