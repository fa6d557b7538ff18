import { hostname, userInfo } from 'node:os';

/** What Vitess writes into a lock key, so that whoever waits can say for whom. Two spaces of indent, Go's escapes of `<`, `>` and `&`. */
export function lockContents(action: string, now: Date = new Date()): Buffer {
  const text = JSON.stringify(
    { Action: action, HostName: hostname(), UserName: userName(), Time: `${now.toISOString().slice(0, 19)}Z`, Options: {}, Status: 'Running' },
    undefined, 2,
  );
  return Buffer.from(text.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'));
}

/** The action and host of a lock key's value, for messages; the raw text when it is not JSON. */
export function describeLock(value: Uint8Array): string {
  const text = Buffer.from(value).toString();
  try {
    const contents: unknown = JSON.parse(text);
    if (contents !== null && typeof contents === 'object' && 'Action' in contents && 'HostName' in contents && 'Time' in contents) {
      return `${contents.Action} by ${contents.HostName} since ${contents.Time}`;
    }
  } catch {
    return text.slice(0, 200);
  }
  return text.slice(0, 200);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a uid without a passwd entry, as in containers
  }
}
