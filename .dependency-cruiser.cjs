/** The layers of the design: an import may only point down, never up, and never sideways between roles. */
const domain = '^src/(sql|vschema|topo|mysql|mysqld|vitess|binlog|backup|storage)/';
const decisions = '^src/(planner|engine|recovery)/';
const roles = '^src/(gate|tablet|archive|control)/';
const commands = '^src/(commands/|cli\\.ts)';
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { pathNot: '^src/vitess/gen/', dependencyTypesNot: ['type-only'] } } },
    { name: 'base-imports-nothing-of-ours', severity: 'error', from: { path: '^src/base/' }, to: { path: '^src/', pathNot: '^src/base/' } },
    { name: 'domain-points-down', severity: 'error', from: { path: domain }, to: { path: [decisions, roles, commands] } },
    { name: 'decisions-point-down', severity: 'error', from: { path: decisions }, to: { path: [roles, commands] } },
    { name: 'roles-point-down', severity: 'error', from: { path: roles }, to: { path: commands } },
    { name: 'no-sideways-between-roles', severity: 'error', from: { path: '^src/(gate|tablet|archive|control)/' }, to: { path: roles, pathNot: '^src/$1/' } },
    { name: 'sql-stands-alone', severity: 'error', from: { path: '^src/sql/' }, to: { path: '^src/', pathNot: '^src/(sql|base)/' } },
    { name: 'sockets-in-one-place', severity: 'error', from: { path: '^src/', pathNot: ['^src/(mysql|vitess)/', '^src/base/(freePort|serveStatus)\\.ts', '\\.spec\\.ts$'] }, to: { path: '^(node:)?(net|tls)$' } },
    { name: 'not-to-dev-dependencies', severity: 'error', from: { path: '^src/', pathNot: '\\.(spec|contract)\\.ts$' }, to: { dependencyTypes: ['npm-dev'] } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: false, parser: 'swc', exclude: { path: '^dist/' } },
};
