import { join } from 'node:path';
import { VtrewindError } from '../base/errors.ts';
import type { ServerBinary } from './serverBinary.ts';
import type { ServerFolder } from './serverFolder.ts';

export interface ServerSettings {
  /** TCP port on `bindAddress`; 0: no TCP, socket only. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly bindAddress?: string;
  /** 1 to 4,294,967,295; one in its replication topology. */
  readonly serverId: number;
  /** MariaDB: the domain of this server's own transactions, 0 to 4,294,967,295. Default 0. */
  readonly gtidDomainId?: number;
  /** Starts with read_only (and super_read_only where it exists) set. */
  readonly readOnly?: boolean;
  /**
   * For a restored copy: replication does not start by itself, no event fires, nothing but the restore may write (SNAPSHOTS.md, Restoring 2).
   */
  readonly quarantine?: boolean;
  /** Default 64 MiB. */
  readonly bufferPoolBytes?: number;
  /** More lines `name` or `name=value`; the last of a name wins, so these override. */
  readonly extra?: readonly string[];
}

/**
 * The option file of a server that keeps every promise made elsewhere: binlog with GTIDs in row format, synced at each commit; crash-safe replication;
 * and that is small, as several run on one machine.
 */
export function renderOptionFile(binary: ServerBinary, folder: ServerFolder, settings: ServerSettings): string {
  if (!Number.isInteger(settings.serverId) || settings.serverId < 1 || settings.serverId > 0xffffffff) {
    throw new VtrewindError({ code: 'VTR0502', grpc: 'INVALID_ARGUMENT', message: `server id ${settings.serverId} is not between 1 and 4294967295` });
  }
  const lines = [
    `datadir=${folder.data}`,
    `socket=${folder.socket}`,
    `pid_file=${folder.pidFile}`,
    `tmpdir=${folder.tmp}`,
    ...(settings.port === 0 ? ['skip_networking=ON'] : [`port=${settings.port}`, `bind_address=${settings.bindAddress ?? '127.0.0.1'}`]),
    'skip_name_resolve=ON',
    `server_id=${settings.serverId}`,
    `log_bin=${join(folder.binlog, 'bin')}`,
    `relay_log=${join(folder.relayLog, 'relay')}`,
    'relay_log_recovery=ON',
    'binlog_row_image=FULL',
    'binlog_row_metadata=FULL',
    'binlog_expire_logs_seconds=604800',
    'max_binlog_size=256M',
    'sync_binlog=1',
    'innodb_flush_log_at_trx_commit=1',
    `innodb_buffer_pool_size=${settings.bufferPoolBytes ?? 64 * 1024 * 1024}`,
    'performance_schema=OFF',
    'max_connections=500',
    'max_allowed_packet=256M',
    'character_set_server=utf8mb4',
    ...(binary.flavour === 'mariadb' ? mariadbLines(settings) : mysqlLines(settings)),
    ...(settings.readOnly === true || settings.quarantine === true ? ['read_only=ON', ...(binary.flavour === 'mysql' ? ['super_read_only=ON'] : [])] : []),
    ...(settings.quarantine === true ? ['event_scheduler=OFF'] : []),
    ...(settings.extra ?? []),
  ];
  for (const line of lines) {
    if (/[\r\n]/.test(line)) throw new VtrewindError({ code: 'VTR0502', grpc: 'INVALID_ARGUMENT', message: `a server option holds a line break: ${JSON.stringify(line)}` });
  }
  return `# Written by vtrewind at each start; put own options into the tablet's --mysqld-option.\n[mysqld]\n${lines.join('\n')}\n`;
}

function mariadbLines(settings: ServerSettings): string[] {
  return [
    'binlog_format=ROW',
    'gtid_strict_mode=ON',
    `gtid_domain_id=${settings.gtidDomainId ?? 0}`,
    'log_slave_updates=ON',
    'innodb_log_file_size=64M',
    'aria_pagecache_buffer_size=16M',
    'key_buffer_size=8M',
    'skip_slave_start=ON',
  ];
}

function mysqlLines(settings: ServerSettings): string[] {
  return [
    'gtid_mode=ON',
    'enforce_gtid_consistency=ON',
    'log_replica_updates=ON',
    'innodb_redo_log_capacity=64M',
    'mysqlx=OFF',
    'plugin_load_add=mysql_clone.so',
    'skip_replica_start=ON',
    ...(settings.quarantine === true ? ['binlog_transaction_dependency_history_size=1000000'] : []),
  ];
}
