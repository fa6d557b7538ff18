import type { GrpcCodeName } from '../base/errors.ts';

/** gRPC status numbers as Vitess sends them; 17 and 18 are its own. Source: `vtrpc.Code`. */
export const grpcNumbers: Readonly<Record<GrpcCodeName, number>> = {
  OK: 0, CANCELED: 1, UNKNOWN: 2, INVALID_ARGUMENT: 3, DEADLINE_EXCEEDED: 4, NOT_FOUND: 5, ALREADY_EXISTS: 6, PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8, FAILED_PRECONDITION: 9, ABORTED: 10, OUT_OF_RANGE: 11, UNIMPLEMENTED: 12, INTERNAL: 13, UNAVAILABLE: 14, DATA_LOSS: 15,
  UNAUTHENTICATED: 16, CLUSTER_EVENT: 17, READ_ONLY: 18,
};
const names = new Map<number, GrpcCodeName>(Object.entries(grpcNumbers).map(([name, number]) => [number, name as GrpcCodeName]));

export function grpcName(code: number): GrpcCodeName {
  return names.get(code) ?? 'UNKNOWN';
}

/** MySQL error numbers grouped by the status a vttablet gives them; all others are UNKNOWN. */
const byStatus: Readonly<Partial<Record<GrpcCodeName, readonly number[]>>> = {
  UNIMPLEMENTED: [1235],
  RESOURCE_EXHAUSTED: [1021, 1037, 1038, 1040, 1041, 1114, 1129, 1135, 1151, 1153, 1203, 1206, 1226, 10001],
  DEADLINE_EXCEEDED: [1205],
  UNAVAILABLE: [1053, 2002, 2003, 2006, 2013],
  NOT_FOUND: [1029, 1032, 1054, 1094, 1109, 1122, 1141, 1146, 1147, 1176, 1305, 1431, 1477],
  PERMISSION_DENIED: [1044, 1045, 1142, 1143, 1227, 1370, 1410, 1419, 1698],
  INVALID_ARGUMENT: [
    1046, 1048, 1049, 1052, 1055, 1056, 1058, 1059, 1063, 1064, 1065, 1066, 1067, 1068, 1069, 1070, 1071, 1072, 1074, 1075, 1082, 1083, 1084, 1090, 1096,
    1103, 1104, 1110, 1111, 1112, 1113, 1115, 1117, 1120, 1121, 1136, 1149, 1166, 1193, 1221, 1222, 1231, 1232, 1234, 1238, 1241, 1242, 1247, 1248, 1292,
    1364, 1365, 1366, 1367, 1406, 1411, 1413, 1425, 1439,
  ],
  FAILED_PRECONDITION: [1011, 1179, 1196, 1216, 1217, 1223, 1264, 1402, 1451, 1452, 1525, 1690],
  ALREADY_EXISTS: [1007, 1050, 1060, 1061, 1062, 1125, 1304, 1359, 1396],
  ABORTED: [1213],
  CANCELED: [3024],
  CLUSTER_EVENT: [1290, 1836],
};
const statusOf = new Map<number, GrpcCodeName>(Object.entries(byStatus).flatMap(([name, numbers]) => numbers.map((n) => [n, name as GrpcCodeName] as const)));

/** The gRPC status of a MySQL error. */
export function grpcOfMysql(errno: number): GrpcCodeName {
  return statusOf.get(errno) ?? 'UNKNOWN';
}

/** The MySQL number and SQLSTATE for a status whose message names none, as vtgate gives them to its clients. */
export function mysqlOfGrpc(code: GrpcCodeName): { readonly mysql: number; readonly sqlState: string } {
  switch (code) {
    case 'CANCELED': case 'DEADLINE_EXCEEDED': case 'ABORTED': return { mysql: 1317, sqlState: '70100' };
    case 'PERMISSION_DENIED': case 'UNAUTHENTICATED': return { mysql: 1045, sqlState: '28000' };
    case 'RESOURCE_EXHAUSTED': return { mysql: 1203, sqlState: '42000' };
    case 'UNIMPLEMENTED': return { mysql: 1235, sqlState: '42000' };
    case 'INTERNAL': return { mysql: 1815, sqlState: 'HY000' };
    default: return { mysql: 1105, sqlState: 'HY000' };
  }
}
