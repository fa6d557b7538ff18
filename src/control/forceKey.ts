/** Metadata key with which our command line says `--force` where Vitess's request has no field for it. */
export const forceKey = 'vtrewind-force';
