import { resolve } from 'node:path'
import { buildOrExit } from './build-if-needed.js'
import { runNode } from './run-node.js'

/** `npm run demo [-- arguments of snip demo]`. */
await buildOrExit()
process.exitCode = await runNode([resolve(import.meta.dirname, '../bin/snip.js'), 'demo', ...process.argv.slice(2)])
