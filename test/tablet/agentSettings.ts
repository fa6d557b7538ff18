/** The accounts of test clusters. */
export const users = { app: { user: 'vt_app', password: 'app-secret' }, repl: { user: 'vt_repl', password: 'repl-secret' } };
