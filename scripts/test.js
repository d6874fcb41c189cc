import { resolve } from 'node:path'
import { buildOrExit } from './build-if-needed.js'
import { runNode } from './run-node.js'

/** `npm test [-- arguments of vitest run]`: the tests run what was built from these sources. */
await buildOrExit()
const vitest = resolve(import.meta.dirname, '../node_modules/vitest/vitest.mjs')
process.exitCode = await runNode([vitest, 'run', ...process.argv.slice(2)])
