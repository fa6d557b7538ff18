import { COM } from '../../mysql/constants/commands.ts';
import { MAX_PAYLOAD, PacketWriter } from '../../mysql/packets/packetWriter.ts';

/** COM_QUERY with this text, framed, as one buffer. */
export function queryBytes(text: Buffer): Buffer {
  return commandBytes(COM.QUERY, text);
}

/** A command byte and what follows it, framed. */
export function commandBytes(command: number, rest: Buffer): Buffer {
  const size = rest.length + 1;
  if (size >= MAX_PAYLOAD) return new PacketWriter(0, 64).begin().uint8(command).bytes(rest).end().take();
  const bytes = Buffer.allocUnsafe(size + 4);
  bytes[0] = size & 0xff;
  bytes[1] = (size >> 8) & 0xff;
  bytes[2] = size >> 16;
  bytes[3] = 0;
  bytes[4] = command;
  rest.copy(bytes, 5);
  return bytes;
}

/** A client's COM_STMT_EXECUTE for the statement id of another connection; the types are put in where the client left them out. A cursor is not asked for. */
export function executeBytes(payload: Buffer, statementId: number, parameters: number, types: readonly { readonly type: number; readonly unsigned: boolean }[]): Buffer {
  const nulls = 10 + ((parameters + 7) >> 3);
  const bound = parameters > 0 && payload[nulls] === 1;
  let body: Buffer;
  if (parameters === 0 || bound) {
    body = Buffer.from(payload.subarray(1));
  } else {
    const block = Buffer.alloc(1 + types.length * 2);
    block[0] = 1;
    types.forEach(({ type, unsigned }, i) => {
      block[1 + i * 2] = type;
      block[2 + i * 2] = unsigned ? 0x80 : 0;
    });
    body = Buffer.concat([payload.subarray(1, nulls), block, payload.subarray(nulls + 1)]);
  }
  body.writeUInt32LE(statementId, 0);
  body[4] = 0;
  return commandBytes(COM.STMT_EXECUTE, body);
}
