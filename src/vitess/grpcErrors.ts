import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { type GrpcCodeName, VtrewindError } from '../base/errors.ts';
import { grpcName, grpcNumbers, grpcOfMysql, mysqlOfGrpc } from './errorCodes.ts';
import type { RPCError } from './gen/vtrpc.ts';

/** Longest text put into a status message: headers of a reply are bounded by every HTTP/2 peer. */
const maxMessage = 4_000;
/** Trailers that only our own tablets send: the vtrewind code and hint, which Vitess's message form has no place for. */
const codeTrailer = 'vtrewind-code';
const hintTrailer = 'vtrewind-hint-bin';

/** MySQL's number and state inside a message, as vttablet writes them: `text (errno 1062) (sqlstate 23000) (CallerID: x): …`. */
const errnoForm = /\(errno (\d+)\) \(sqlstate ([0-9A-Za-z]{5})\)/;

/** The status of an error: its own, or what its MySQL number stands for. */
export function grpcCodeOf(error: VtrewindError): GrpcCodeName {
  return error.grpc === 'UNKNOWN' ? grpcOfMysql(error.mysql) : error.grpc;
}

/** An error's message as a vttablet words it. */
export function vitessMessage(error: VtrewindError, callerUser?: string): string {
  const message = error.message.length > maxMessage ? `${error.message.slice(0, maxMessage)} [TRUNCATED]` : error.message;
  // Where the status alone tells the reader the number, Vitess names none.
  const implied = mysqlOfGrpc(grpcCodeOf(error));
  const says = error.mysql !== 1105 || error.sqlState !== 'HY000';
  const coded = says && (error.mysql !== implied.mysql || error.sqlState !== implied.sqlState) && !errnoForm.test(message) ? ` (errno ${error.mysql}) (sqlstate ${error.sqlState})` : '';
  return `${message}${coded}${callerUser ? ` (CallerID: ${callerUser})` : ''}`;
}

/** What a gRPC handler answers with. */
export function toServiceError(thrown: unknown, callerUser?: string): Partial<ServiceError> {
  const error = VtrewindError.from(thrown);
  const metadata = new Metadata();
  metadata.set(codeTrailer, error.code);
  if (error.hint !== undefined) metadata.set(hintTrailer, Buffer.from(error.hint));
  return { code: grpcNumbers[grpcCodeOf(error)] as ServiceError['code'], details: vitessMessage(error, callerUser), metadata };
}

/** A failure inside a reply that is itself successful: BeginExecute and its kin. */
export function toRpcError(error: VtrewindError, callerUser?: string): RPCError {
  return { code: grpcNumbers[grpcCodeOf(error)] as RPCError['code'], message: vitessMessage(error, callerUser) };
}

export function fromRpcError(error: RPCError): VtrewindError {
  return parseMessage(error.message, grpcName(error.code), undefined, undefined, error);
}

/** Any failure of a call as a VtrewindError. `where` names the peer in messages about the connection itself. */
export function fromServiceError(thrown: unknown, where: string): VtrewindError {
  if (thrown instanceof VtrewindError) return thrown;
  if (!(thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number')) return VtrewindError.from(thrown, 'VTR0320');
  const details = 'details' in thrown && typeof thrown.details === 'string' ? thrown.details : thrown.message;
  const metadata = 'metadata' in thrown && thrown.metadata instanceof Metadata ? thrown.metadata : undefined;
  const code = metadata?.get(codeTrailer)[0]?.toString();
  const hint = metadata?.get(hintTrailer)[0]?.toString();
  // Without our trailers and with UNAVAILABLE it may be the connection: say to whom.
  const text = code === undefined && thrown.code === 14 && /No connection|ECONN|closed|reset|GOAWAY|dropped/i.test(details) ? `${where}: ${details}` : details;
  return parseMessage(text, grpcName(thrown.code), code, hint, thrown);
}

function parseMessage(text: string, grpc: GrpcCodeName, code: string | undefined, hint: string | undefined, cause: unknown): VtrewindError {
  const m = errnoForm.exec(text);
  if (m === null) {
    const { mysql, sqlState } = mysqlOfGrpc(grpc);
    return new VtrewindError({ code: code ?? 'VTR0320', mysql, sqlState, grpc, message: withoutCaller(text), hint, cause });
  }
  const before = text.slice(0, m.index).trimEnd();
  // For some errors Vitess puts the text behind the numbers.
  const message = before !== '' ? before : withoutCaller(text.slice(m.index + m[0].length).replace(/^:\s*/, ''));
  return new VtrewindError({ code: code ?? 'VTR0800', mysql: Number(m[1]), sqlState: m[2] ?? 'HY000', grpc, message, hint, cause });
}

/** What vttablet appends for its log readers is not for clients: it names the caller and repeats the statement with its values. */
function withoutCaller(text: string): string {
  const at = text.search(/ \(CallerID: [^)]*\)|: Sql: "/);
  return at < 0 ? text : text.slice(0, at);
}
