import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll } from 'vitest'
import main from '../../vite.config.ts'

const root = resolve(import.meta.dirname, '../..')

/** Bundles an engine host with settings of its own as the build does; it is gone after the last test of the file. */
export async function buildHost(entry: string): Promise<string> {
  mkdirSync(join(root, 'out'), { recursive: true })
  // Below the repository, where its packages are found.
  const outDir = mkdtempSync(join(root, 'out/test-host-'))
  afterAll(() => rmSync(outDir, { recursive: true, force: true }))
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    ssr: main.ssr ?? {},
    build: {
      ssr: true,
      outDir,
      target: 'node20.19',
      minify: false,
      rollupOptions: {
        input: { host: resolve(import.meta.dirname, entry) },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  })
  return join(outDir, 'host.js')
}
