import { CAPABILITY } from './constants/capabilities.ts';

/** How far TLS to a server goes; words as in MySQL's `--ssl-mode`. */
export interface ClientTlsOptions {
  readonly mode: 'disabled' | 'preferred' | 'required' | 'verify_ca' | 'verify_identity';
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** Name to verify and to send as SNI; default the host. */
  readonly serverName?: string | undefined;
}

export interface MysqlConnectOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Wins over host and port. */
  readonly socketPath?: string | undefined;
  readonly user: string;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  readonly tls?: ClientTlsOptions | undefined;
  /** CLIENT_* flags asked for besides {@link DEFAULT_CAPABILITIES}; granted when the server has them. */
  readonly capabilities?: number | undefined;
  /** CLIENT_* flags not asked for. */
  readonly withoutCapabilities?: number | undefined;
  /** Handshake collation, 0 to 255; default utf8mb4_general_ci, which both flavours know. */
  readonly collation?: number | undefined;
  /** For the whole handshake; default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Largest payload accepted; default 1 GiB, the servers' own maximum. */
  readonly maxPacketBytes?: number | undefined;
  /** Shown in performance_schema.session_connect_attrs. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

export const DEFAULT_CAPABILITIES: number =
  CAPABILITY.LONG_PASSWORD | CAPABILITY.LONG_FLAG | CAPABILITY.PROTOCOL_41 | CAPABILITY.TRANSACTIONS | CAPABILITY.SECURE_CONNECTION |
  CAPABILITY.MULTI_RESULTS | CAPABILITY.PS_MULTI_RESULTS | CAPABILITY.PLUGIN_AUTH | CAPABILITY.PLUGIN_AUTH_LENENC_CLIENT_DATA |
  CAPABILITY.CONNECT_ATTRS | CAPABILITY.DEPRECATE_EOF;

export const CONNECT_TIMEOUT_MS = 10_000;
export const MAX_PACKET_BYTES: number = 1 << 30;
