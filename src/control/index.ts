/** The front door of the control role and of its client. */
export { connectControl, type ControlClient } from './controlClient.ts';
export { printMessage } from './printMessage.ts';
export { type ControlOptions, runControl } from './runControl.ts';
export { checkMoment } from './snapshotMoment.ts';
