/**
 * What a session has changed from a fresh connection's state. `key` identifies it: connections with equal keys are interchangeable;
 * `statements` bring a fresh connection there. Build it once per change of a session and keep it: keys are compared by identity first.
 */
export interface SessionSettings {
  readonly key: string;
  readonly statements: readonly string[];
}

export const NO_SETTINGS: SessionSettings = { key: '', statements: [] };
