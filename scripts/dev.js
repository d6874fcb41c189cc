import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build, createServer } from 'vite'
import { buildOrExit } from './build-if-needed.js'
import { findElectron, hasDisplay, runElectron } from './start-electron.js'

/**
 * `npm run dev`: the page follows every change of src/renderer. In Electron it is built anew and loaded again under the same scheme and
 * policy as in a package; in a browser Vite swaps modules in place. Changes of src/main need a new start.
 */
const root = resolve(import.meta.dirname, '..')
const renderer = join(root, 'vite.renderer.config.ts')
await buildOrExit()
const found = await findElectron()
if (found.binary && hasDisplay()) await inElectron(found.binary)
else await inBrowser()

async function inElectron(binary) {
  const watcher = await build({ configFile: renderer, logLevel: 'warn', build: { watch: {}, emptyOutDir: false } })
  process.exitCode = await runElectron(binary, process.argv.slice(2), { SNIP_RELOAD: '1' })
  await watcher.close()
}

async function inBrowser() {
  const args = [join(root, 'bin/snip.js'), 'serve', '--port', '0', ...process.argv.slice(2)]
  const door = spawn(process.execPath, args, { stdio: ['inherit', 'pipe', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => door.kill(signal))
  door.on('exit', (code) => process.exit(code ?? 1))
  const [line] = await new Promise((first) => createInterface(door.stdout).once('line', (text) => first([text])))
  const address = new URL(line)

  // Vite's server stands before the door, which sees its own origin: nothing about the door is relaxed.
  const toDoor = { target: address.origin, changeOrigin: true, headers: { origin: address.origin } }
  const server = await createServer({
    configFile: renderer,
    server: {
      host: '127.0.0.1',
      fs: { allow: [root] },
      // Whole paths: the page has a folder of modules that is called rpc, too.
      proxy: {
        '^/rpc(?:\\?|$)': { ...toDoor, ws: true, rewriteWsOrigin: true },
        '^/(?:check|upload)(?:\\?|$)': toDoor,
      },
    },
  })
  await server.listen()
  const page = new URL(server.resolvedUrls.local[0])
  page.hash = address.hash
  console.log(`Open this address; it follows changes of the page:\n${page}`)
}
