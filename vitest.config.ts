import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // Far more than anything takes: the machine may be slow, and busy with other things.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 45_000 } },
    pool: 'forks',
    // Threads that wait for each other spin: with one for each processor the tests take a seventh longer.
    env: { SNIP_THREADS: '1' },
    maxWorkers: 2,
    // No module keeps a state, so that a worker loads each once, and not again for every file.
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
})
