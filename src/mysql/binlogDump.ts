import type { PacketInbox } from './packetInbox.ts';
import { isEofPacket } from './packets/eofPacket.ts';
import { decodeErrPacket, serverError } from './packets/errPacket.ts';
import { malformed } from './packets/malformedPacket.ts';

/** The event packets of a binlog dump until EOF. `close` runs however the iteration ends. Aborting the signal ends it with the signal's reason. */
export async function* dumpEvents(inbox: PacketInbox, close: () => void, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void, undefined> {
  const onAbort = () => close();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      let payload: Buffer;
      try {
        payload = await inbox.read();
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
      switch (payload[0]) {
        case 0x00: yield payload.subarray(1); break;
        case 0xff: throw serverError(decodeErrPacket(payload));
        case 0xfe:
          if (isEofPacket(payload)) return;
          throw malformed('unexpected packet in a binlog stream');
        default: throw malformed(`0x${(payload[0] ?? 0).toString(16)} in a binlog stream`);
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    close();
  }
}
