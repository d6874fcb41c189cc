import { join, resolve } from 'node:path'
import { buildOrExit } from './build-if-needed.js'
import { runNode } from './run-node.js'
import { nodePackages, stageNode } from './stage-node.js'

/** `npm run package [-- arguments of electron-builder]`: installers for this platform, in out/package. */
const root = resolve(import.meta.dirname, '..')
const target = `${process.platform}-${process.arch}`
const args = process.argv.slice(2)

const others = { linux: /^(?:--linux|-l)$/, darwin: /^(?:--mac|--macos|-m)$/, win32: /^(?:--win|--windows|-w)$/ }
const foreign = args.find((word) =>
  Object.entries(others).some(([platform, flag]) => platform !== process.platform && flag.test(word)),
)
if (foreign || !(target in nodePackages)) {
  const reason = foreign
    ? `${foreign} needs the native packages of that platform: package there`
    : `there are no packages for ${target}: ${Object.keys(nodePackages).join(', ')}`
  console.error(reason)
  process.exit(2)
}

await buildOrExit()
try {
  console.log(`Node for the engine: ${stageNode(target)}`)
} catch (error) {
  console.error(
    `${error.message}\nThe engine of a package without it would run inside Electron: connect and try again.`,
  )
  process.exit(1)
}
const builder = join(root, 'node_modules/electron-builder/cli.js')
process.exitCode = await runNode([builder, '--config', 'electron-builder.config.js', '--publish', 'never', ...args], {
  cwd: root,
})
