/** The front door of the archiver role. */
export { type ArchiverOptions, type RunningArchiver, runArchiver } from './runArchiver.ts';
export { type ArchiverState, type ArchiverStatus, type PrimaryServer, ShardArchiver, type ShardArchiverOptions } from './shardArchiver.ts';
