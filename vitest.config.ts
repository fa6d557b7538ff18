import { defineConfig } from 'vitest/config';

/** Specs sit beside their source and need no server; `test/` runs against real servers. Two cores: two workers. */
export default defineConfig({
  test: {
    include: ['src/**/*.spec.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
