import { VtrewindError } from '../base/errors.ts';
import type { Flavour } from '../mysqld/serverBinary.ts';

/** Vitess writes a position with the name of its flavour before it: `MySQL56/uuid:1-5`, `MariaDB/0-1-5`. */
const prefixes = { mysql: 'MySQL56/', mariadb: 'MariaDB/' } as const;

export function encodePosition(flavour: Flavour, position: string): string {
  return `${prefixes[flavour]}${position}`;
}

/** With or without the prefix. Throws VTR0610 for a position of the other flavour. */
export function decodePosition(flavour: Flavour, text: string): string {
  const other = flavour === 'mysql' ? prefixes.mariadb : prefixes.mysql;
  if (text.startsWith(other)) throw new VtrewindError({ code: 'VTR0610', grpc: 'INVALID_ARGUMENT', message: `'${text}' is no position of a ${flavour} server` });
  return text.startsWith(prefixes[flavour]) ? text.slice(prefixes[flavour].length) : text;
}
