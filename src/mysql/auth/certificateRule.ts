import type { X509Certificate } from 'node:crypto';

/** What a client certificate must say; every part that is given must match. */
export interface CertificateRule {
  /** `CN=alice, O=Example`, order and case as in the certificate; or the common name alone. */
  readonly subjects?: readonly string[] | undefined;
  readonly issuers?: readonly string[] | undefined;
  /** `DNS:host`, `URI:spiffe://…`, `email:…`, `IP Address:…`; without a kind any of them. */
  readonly alternatives?: readonly string[] | undefined;
}

/** Whether a certificate, verified already, is the one that the rule asks for. Without a certificate nothing matches. */
export function matchesCertificate(rule: CertificateRule, shown: X509Certificate | undefined): boolean {
  if (shown === undefined) return false;
  const alternatives = (shown.subjectAltName ?? '').split(', ');
  return (
    (rule.subjects === undefined || rule.subjects.some((name) => namesSame(name, shown.subject))) &&
    (rule.issuers === undefined || rule.issuers.some((name) => namesSame(name, shown.issuer))) &&
    (rule.alternatives === undefined || rule.alternatives.some((name) => alternatives.some((text) => text === name || text.slice(text.indexOf(':') + 1) === name)))
  );
}

/** The certificate's names come one a line. */
function namesSame(wanted: string, found: string): boolean {
  const parts = found.split('\n');
  if (!wanted.includes('=')) return parts.includes(`CN=${wanted}`);
  return parts.join(', ') === wanted || `/${parts.join('/')}` === wanted;
}

/** The common name of a certificate's subject; empty when it has none. */
export function commonName(shown: X509Certificate): string {
  return shown.subject.split('\n').find((part) => part.startsWith('CN='))?.slice(3) ?? '';
}
