import { VtrewindError } from '../base/errors.ts';
import type { Flavour } from './serverBinary.ts';

/** Vitess writes a position with the name of its flavour before it: `MySQL56/uuid:1-5`, `MariaDB/0-1-5`. */
const prefixes = { mysql: 'MySQL56/', mariadb: 'MariaDB/' } as const;

export function encodePosition(flavour: Flavour, position: string): string {
  return `${prefixes[flavour]}${position}`;
}

/** With or without the prefix. Throws VTR0507 for a position of the other flavour. */
export function decodePosition(flavour: Flavour, text: string): string {
  const other = flavour === 'mysql' ? prefixes.mariadb : prefixes.mysql;
  if (text.startsWith(other)) throw new VtrewindError({ code: 'VTR0507', grpc: 'INVALID_ARGUMENT', message: `'${text}' is no position of a ${flavour} server` });
  return text.startsWith(prefixes[flavour]) ? text.slice(prefixes[flavour].length) : text;
}

/** Flavour and position of Vitess's text. Throws VTR0507 for a text that names no flavour known here. */
export function splitPosition(text: string): { readonly flavour: Flavour; readonly position: string } {
  for (const flavour of ['mysql', 'mariadb'] as const) if (text.startsWith(prefixes[flavour])) return { flavour, position: text.slice(prefixes[flavour].length) };
  throw new VtrewindError({ code: 'VTR0507', grpc: 'INVALID_ARGUMENT', message: `'${text}' names no flavour of position` });
}
