/**
 * Words that Vitess's own printer puts in quotes although no server reserves them: its keyword table.
 * Source: the keyword table of Vitess's SQL parser (names only), and its plans.
 */
export const vitessWords: ReadonlySet<string> = new Set(`
  action after against algorithm always any_value array ascii auto_increment autoextend_size avg avg_row_length begin bit bit_and bit_or
  bit_xor bool boolean byte cancel cascaded cast channel charset checksum cleanup coalesce code collation column_format column_name
  columns comment commit committed compact complete compressed compression connection constraint_catalog constraint_name
  constraint_schema copy count csv curdate current curtime data date datetime day deallocate definer delay_key_write directory disable
  discard disk do dumpfile duplicate dynamic empty enable encryption end enforced engine engine_attribute engines enum error escape
  event exchange exclusive execute expansion expire export extended extract fields first fixed flush following format found full general
  geometry geometrycollection global group_concat gtid_executed hash header hosts hour import indexes inplace insert_method instant
  invisible invoker isolation json json_array json_array_append json_array_insert json_arrayagg json_contains json_contains_path
  json_depth json_extract json_insert json_keys json_length json_merge json_merge_patch json_merge_preserve json_object json_objectagg
  json_overlaps json_pretty json_quote json_remove json_replace json_schema_valid json_schema_validation_report json_search json_set
  json_storage_free json_storage_size json_type json_unquote json_valid json_value key_block_size keyspaces language last last_insert_id
  less level linestring list local logs ltrim manifest max max_rows member memory merge microsecond min min_rows minute mode modify
  month multilinestring multipoint multipolygon name names nchar nested next no none now nulls off offset only open ordinality overwrite
  pack_keys parser partial partitioning partitions password path plugins point polygon preceding prepare privileges processlist quarter
  query ratio rebuild redundant relay remove reorganize repair repeatable respect retry returning revert rollback row row_format rtrim
  s3 savepoint second secondary_engine_attribute security sequence serializable session share shared signed simple slow sql_cache
  sql_no_cache srid start stats_auto_recalc stats_persistent stats_sample_pages status std stddev storage stream subpartition
  subpartitions substr substring sum sysdate table_name tables tablespace temporary temptable text than throttle time timestamp
  timestampadd timestampdiff traditional transaction tree triggers trim truncate unbounded uncommitted undefined unicode unknown
  unthrottle upgrade user user_resources validation value variables variance vgtid_executed view vindex vindexes visible vitess
  vitess_keyspaces vitess_metadata vitess_migration vitess_migrations vitess_replication_status vitess_shards vitess_tablets
  vitess_target vitess_throttled_apps vschema vstream warnings weight_string without work year
`.trim().split(/\s+/));
