import { build, type Expression } from '../../sql/index.ts';

/** A variable that the gate itself acts on. */
interface AwareVariable { readonly boolean: boolean; readonly default?: Expression }

/** Source: Vitess's documentation of SET ("Vitess aware" variables), and the settings of its sessions. */
export const awareVariables: ReadonlyMap<string, AwareVariable> = new Map<string, AwareVariable>([
  ['autocommit', { boolean: true, default: build.integer(1) }],
  ['client_found_rows', { boolean: true }],
  ['skip_query_plan_cache', { boolean: true }],
  ['transaction_read_only', { boolean: true, default: build.integer(0) }],
  ['tx_read_only', { boolean: true, default: build.integer(0) }],
  ['read_after_write_gtid', { boolean: false }],
  ['read_after_write_timeout', { boolean: false }],
  ['session_track_gtids', { boolean: false, default: build.string('off') }],
  ['session_enable_system_settings', { boolean: true }],
  ['enable_system_settings', { boolean: true }],
  ['sql_select_limit', { boolean: false, default: build.integer('18446744073709551615') }],
  ['transaction_mode', { boolean: false, default: build.string('MULTI') }],
  ['transaction_timeout', { boolean: false, default: build.integer(0) }],
  ['ddl_strategy', { boolean: false, default: build.string('direct') }],
  ['migration_context', { boolean: false, default: build.string('') }],
  ['workload', { boolean: false, default: build.string('oltp') }],
  ['charset', { boolean: false, default: build.string('utf8mb4') }],
  ['names', { boolean: false, default: build.string('utf8mb4') }],
  ['session_uuid', { boolean: false }],
  ['query_timeout', { boolean: false, default: build.integer(0) }],
  ['foreign_key_checks', { boolean: true, default: build.integer(1) }],
]);

/** Settings whose change is accepted and has no effect: they concern one server, not a cluster. */
export const ignoredVariables: ReadonlySet<string> = new Set([
  'default_storage_engine', 'default_tmp_storage_engine', 'innodb_tmpdir', 'innodb_strict_mode', 'interactive_timeout', 'wait_timeout', 'net_write_timeout', 'net_read_timeout',
  'net_retry_count', 'debug', 'debug_sync', 'gtid_next', 'max_user_connections', 'new', 'old', 'optimizer_trace', 'optimizer_trace_features', 'optimizer_trace_limit',
  'optimizer_trace_max_mem_size', 'optimizer_trace_offset', 'profiling', 'profiling_history_size', 'pseudo_slave_mode', 'pseudo_thread_id', 'query_alloc_block_size', 'query_prealloc_size',
  'sql_log_bin', 'sql_log_off', 'big_tables', 'bulk_insert_buffer_size', 'character_set_server', 'collation_server', 'completion_type', 'end_markers_in_json',
  'eq_range_index_dive_limit', 'gtid_owned', 'innodb_ft_enable_stopword', 'innodb_ft_user_stopword_table', 'innodb_table_locks', 'low_priority_updates',
  'max_length_for_sort_data', 'min_examined_row_limit', 'parser_max_mem_size', 'preload_buffer_size', 'rbr_exec_mode', 'read_buffer_size', 'read_rnd_buffer_size', 'session_track_schema',
  'session_track_state_change', 'session_track_system_variables', 'session_track_transaction_info', 'show_create_table_verbosity', 'show_old_temporals', 'sort_buffer_size',
  'transaction_alloc_block_size', 'transaction_prealloc_size', 'updatable_views_with_limit', 'version_tokens_session',
]);

export const readOnlyVariables: ReadonlySet<string> = new Set([
  'socket', 'port', 'version', 'version_comment', 'version_compile_os', 'version_compile_machine', 'hostname', 'datadir', 'basedir', 'tmpdir', 'server_uuid', 'system_time_zone',
  'lower_case_table_names', 'lower_case_file_system', 'license', 'large_files_support', 'protocol_version', 'pid_file', 'plugin_dir', 'log_bin', 'gtid_executed', 'innodb_version',
  'innodb_read_only', 'have_ssl', 'have_openssl', 'character_sets_dir', 'external_user', 'proxy_user', 'error_count', 'warning_count', 'lc_messages_dir',
  'secure_file_priv', 'skip_networking', 'skip_name_resolve', 'thread_handling', 'bind_address', 'back_log', 'core_file', 'performance_schema',
]);

/** Settings that MySQL also takes as a hint, `SET_VAR(name = value)`. */
export const settableByHint: ReadonlySet<string> = new Set([
  'sql_mode', 'sql_safe_updates', 'sql_big_selects', 'sql_auto_is_null', 'sort_buffer_size', 'join_buffer_size', 'max_execution_time', 'max_heap_table_size', 'max_join_size',
  'max_seeks_for_key', 'optimizer_prune_level', 'optimizer_search_depth', 'optimizer_switch', 'range_alloc_block_size', 'range_optimizer_max_mem_size', 'group_concat_max_len',
  'cte_max_recursion_depth', 'div_precision_increment', 'sql_buffer_result', 'tmp_table_size', 'unique_checks', 'windowing_use_high_precision',
  'foreign_key_checks', 'insert_id', 'internal_tmp_mem_storage_engine', 'time_zone', 'timestamp', 'explain_format', 'default_table_encryption', 'print_identified_with_as_hex',
]);
