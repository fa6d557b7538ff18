import type { TabletAlias } from '../vitess/gen/topodata.ts';
import { topoError } from './topoErrors.ts';

/** `zone1-0000000100`: the cell, then the uid in ten digits. */
export function formatTabletAlias(alias: TabletAlias | undefined): string {
  return alias === undefined ? '' : `${alias.cell}-${String(alias.uid).padStart(10, '0')}`;
}

/** Cell names may hold hyphens: the uid is what follows the last one. Throws VTR0309 when there is no uid of 32 bits. */
export function parseTabletAlias(text: string): TabletAlias {
  const m = /^(.+)-(\d{1,10})$/.exec(text);
  const uid = Number(m?.[2]);
  if (m?.[1] === undefined || uid > 0xffff_ffff) throw topoError('badName', `'${text}' is no tablet alias`, { hint: 'an alias looks like zone1-0000000100' });
  return { cell: m[1], uid };
}

export function sameTablet(a: TabletAlias | undefined, b: TabletAlias | undefined): boolean {
  return a !== undefined && b !== undefined && a.cell === b.cell && a.uid === b.uid;
}
