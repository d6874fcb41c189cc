import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
  process.exitCode = await runNode([
    resolve(import.meta.dirname, '../bin/snip.js'),
    'serve',
    '--open',
    ...doorArgs(args),
  ])
}

/** Files named for the window, as the browser door takes them: a workspace by its option, others are opened in the page. */
function doorArgs(given) {
  if (given.length === 0 || given[0].startsWith('-')) return given
  const [workspace] = given.filter((path) => existsSync(join(path, 'workspace.json')))
  if (workspace !== undefined) return ['--workspace', workspace]
  console.error(`Open ${given.join(', ')} in the page.`)
  return []
}
