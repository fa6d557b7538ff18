/** The health of tablets, and the choice among them. */
export { followTopology } from './followTopology.ts';
export { HealthCheck, type HealthCheckOptions, type TabletHandle, type TabletStatus } from './healthCheck.ts';
export { defaultLagLimits, type LagLimits } from './replicationLag.ts';
export { databaseName, formatTarget } from './tabletHealth.ts';
