import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { VtrewindError } from '../../base/errors.ts';

/** `commerce` is unsharded: the airports, and the sequence that numbers the flights. */
export const commerce = {
  name: 'commerce',
  schema: `create table airports (
  iata char(4) not null primary key,
  name varchar(100) not null,
  city varchar(100),
  state varchar(10),
  country varchar(100) not null,
  latitude double not null,
  longitude double not null
);
create table flight_seq (id bigint not null primary key, next_id bigint, cache bigint) comment 'vitess_sequence';
insert into flight_seq (id, next_id, cache) values (0, 1, 10000);
`,
  vschema: { tables: { airports: {}, flight_seq: { type: 'sequence' } } },
} as const;

/** `flights` is sharded by the hash of the flight's id, which a sequence gives. */
export const flights = {
  name: 'flights',
  schema: `create table flight (
  id bigint not null primary key,
  delay int not null,
  distance int not null,
  time double not null
);
`,
  vschema: {
    sharded: true,
    vindexes: { xxhash: { type: 'xxhash' } },
    tables: { flight: { column_vindexes: [{ column: 'id', name: 'xxhash' }], auto_increment: { column: 'id', sequence: 'commerce.flight_seq' } } },
  },
} as const;

export interface Flight { readonly delay: number; readonly distance: number; readonly time: number }
export type Airport = readonly [iata: string, name: string, city: string, state: string, country: string, latitude: string, longitude: string];

/** Real data from the npm package vega-datasets. Throws VTR0912 where it is not installed (it is a development dependency: the demo runs in a clone). */
export function readDemoData(): { readonly flights: readonly Flight[]; readonly airports: readonly Airport[] } {
  const folder = new URL('../../../node_modules/vega-datasets/data/', import.meta.url);
  if (!existsSync(folder)) {
    throw new VtrewindError({ code: 'VTR0912', message: 'the demo reads its data from the npm package vega-datasets, which is not installed', hint: 'run the demo in a clone of the repository: npm run demo' });
  }
  return {
    flights: JSON.parse(readFileSync(new URL('flights-200k.json', folder), 'utf8')) as Flight[],
    airports: parse(readFileSync(new URL('airports.csv', folder)), { from_line: 2 }) as unknown as Airport[],
  };
}

/** What `vtrewind up` brings up when no config is given. */
export const demoKeyspaces = [
  { ...commerce, shards: ['0'], replicas: 0 },
  { ...flights, shards: ['-80', '80-'], replicas: 0 },
] as const;
