/** Backups of running servers, and putting them back. */
export { type BackupManifest, type ChunkRecord, decodeManifest } from './backupManifest.ts';
export { backupName, manifestName, parseBackupName, shardFolder } from './backupLayout.ts';
export type { Donor } from './donor.ts';
export { type BackupSummary, type BackupState, listBackups, readManifest } from './listBackups.ts';
export { planRetention, restorableFrom, type RetentionPlan, type RetentionRule } from './retention.ts';
export { restoreBackup, type RestoreBackupOptions } from './restoreBackup.ts';
export { type BackupOptions, type BackupProgress, runBackup } from './runBackup.ts';
export { deleteBackup, verifyBackup, type VerifyResult } from './verifyBackup.ts';
