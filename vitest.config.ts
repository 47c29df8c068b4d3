import { defineConfig } from 'vitest/config';
import { testInstanceId } from './setup/instance.ts';

// Apart from a demo that was kept: the tests start their own things. Workers and global set-up inherit it.
process.env['FDTS_OPS_INSTANCE'] ??= testInstanceId();

const minute = 60_000;

export default defineConfig({
  test: {
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/fast/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 3,
          globalSetup: ['test/support/own-temp-folder.ts', 'test/support/bundle-once.ts'],
          testTimeout: 0.5 * minute,
          hookTimeout: 2 * minute,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'hosts',
          include: ['test/hosts/**/*.test.ts'],
          // A sandbox host of its own for each file: they wait for it most of the time, and go beside the fast ones.
          pool: 'forks',
          maxWorkers: 3,
          testTimeout: 10 * minute,
          hookTimeout: 20 * minute,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          // The sandbox host is one for all of a lane (setup/test-lanes.ts): one file after the other.
          pool: 'forks',
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 10 * minute,
          hookTimeout: 20 * minute,
          globalSetup: ['test/system/global-setup.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
