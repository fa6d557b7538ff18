import type { Micros } from '../base/time.ts';
import type { BackupManifest } from './backupManifest.ts';

/** What a copy of a running server's files holds. */
export interface CopiedPosition {
  readonly gtid: string;
  readonly before: string;
  readonly after: string;
  /** The server's clock when the copy had become consistent, or later. */
  readonly committedBefore: Micros;
}

/** A consistent copy of a running server's files as a byte stream. One for each flavour: `copyMariadb`, `copyMysql`. */
export interface HotCopy {
  readonly stream: BackupManifest['stream'];
  readonly source: AsyncIterable<Buffer>;
  /** Once the stream has been read to its end: did it end well, and where does it stand? Throws when it must not be used. */
  finish(): Promise<CopiedPosition>;
  /** Ends what still runs and removes work folders; always called. */
  close(): Promise<void>;
}
