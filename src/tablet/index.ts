/** The tablet role. */
export { type RunningTablet, runTablet } from './runTablet.ts';
export type { Account, BinlogServerAddress, TabletOptions } from './tabletOptions.ts';
