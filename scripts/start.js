import { resolve } from 'node:path'
import { buildOrExit } from './build-if-needed.js'
import { runNode } from './run-node.js'
import { findElectron, hasDisplay, runElectron } from './start-electron.js'

/** `npm start [-- files to open]`: the desktop app, or the browser door where there is no Electron. */
await buildOrExit()
const args = process.argv.slice(2)
const found = await findElectron()
if (found.binary && hasDisplay()) {
  process.exitCode = await runElectron(found.binary, args)
} else {
  const reason = found.binary ? 'There is no display' : found.reason
  console.error(`${reason}: the workbench opens in a browser instead.`)
  process.exitCode = await runNode([resolve(import.meta.dirname, '../bin/snip.js'), 'serve', '--open', ...args])
}
