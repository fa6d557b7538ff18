import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { VtrewindError } from '../../base/errors.ts';
import { ER } from '../constants/errorCodes.ts';
import { selfSignedCertificate } from './selfSignedCertificate.ts';

export interface ServerTlsOptions {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Clients must show a certificate that one of these authorities (PEM, one or more) has signed. */
  readonly ca?: string | Buffer | undefined;
  /** Default TLSv1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
}

export interface ServerTls {
  readonly context: SecureContext;
  /** Empty: clients are not asked for a certificate. */
  readonly authorities: readonly X509Certificate[];
}

/** Throws the system's error when certificate and key do not belong together. */
export function serverTls(options: ServerTlsOptions): ServerTls {
  const context = createSecureContext({ cert: options.cert, key: options.key, ca: options.ca, minVersion: options.minVersion ?? 'TLSv1.2' });
  const blocks = options.ca === undefined ? [] : (String(options.ca).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []);
  if (options.ca !== undefined && blocks.length === 0) throw new VtrewindError({ code: 'VTR0825', message: 'the TLS authority file holds no certificate', grpc: 'INVALID_ARGUMENT' });
  return { context, authorities: blocks.map((block) => new X509Certificate(block)) };
}

/** For servers that were given no certificate. */
export function serverTlsMadeHere(): ServerTls {
  const made = selfSignedCertificate();
  return serverTls({ cert: made.certPem, key: made.keyPem });
}

/** Node leaves the check of a wrapped socket's peer to us. Signed by an authority directly and valid now, else 1045; intermediates belong into the authority file. */
export function checkClientCertificate(shown: X509Certificate | undefined, authorities: readonly X509Certificate[], now: Date = new Date()): void {
  const trusted = shown !== undefined && shown.validFromDate <= now && now <= shown.validToDate && authorities.some((authority) => shown.checkIssued(authority) && shown.verify(authority.publicKey));
  if (!trusted) {
    throw new VtrewindError({ code: 'VTR0826', mysql: ER.ACCESS_DENIED_ERROR, sqlState: '28000', grpc: 'UNAUTHENTICATED', message: 'Access denied: a client certificate of a trusted authority is required' });
  }
}
