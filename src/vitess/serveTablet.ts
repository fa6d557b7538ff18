import type { Log } from '../base/log.ts';
import { TabletManagerService } from './gen/tabletmanagerservice.ts';
import { type GrpcServerOptions, type RunningGrpcServer, startGrpcServer } from './grpcServer.ts';
import type { QueryService } from './queryService.ts';
import { queryServiceDefinition } from './resultMethods.ts';
import { queryServiceHandlers } from './serveQueryService.ts';
import { tabletManagerHandlers } from './serveTabletManager.ts';
import type { TabletManagerHandler } from './tabletManager.ts';

export interface ServeTabletOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  readonly queryService: QueryService;
  readonly manager: TabletManagerHandler;
  readonly tls?: GrpcServerOptions['tls'];
  readonly log: Log;
}

/** One gRPC server with what a Vitess tablet serves: `queryservice` and `tabletmanagerservice`. Throws VTR0322 when the address is taken. */
export function serveTablet(options: ServeTabletOptions): Promise<RunningGrpcServer> {
  const { address, tls, log } = options;
  return startGrpcServer({
    address, ...(tls === undefined ? {} : { tls }),
    services: [
      { definition: queryServiceDefinition, implementation: queryServiceHandlers(options.queryService, log) },
      { definition: TabletManagerService, implementation: tabletManagerHandlers(options.manager, log) },
    ],
  });
}

/** The query service alone: for tests, and for tablets that nobody manages. */
export function serveQueryService(options: Omit<ServeTabletOptions, 'manager'>): Promise<RunningGrpcServer> {
  const { address, tls, log } = options;
  return startGrpcServer({ address, ...(tls === undefined ? {} : { tls }), services: [{ definition: queryServiceDefinition, implementation: queryServiceHandlers(options.queryService, log) }] });
}
