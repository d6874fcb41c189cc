import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, loadConfigFromFile } from 'vite'
import { alternate, type Cost } from './harness/alternate.ts'
import { readOptions, report } from './harness/report.ts'

/** Runs `snip --version` in a process of its own, which tells its processor time when it is done. */
async function start(commandLine: string): Promise<Cost> {
  const program = `process.argv.splice(1, 9, 'snip', '--version')
    await import(${JSON.stringify(pathToFileURL(commandLine).href)})
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1000)`
  const began = performance.now()
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', program])
  const cpuMs = Number(told.toString().trim().split('\n').at(-1))
  return { wallMs: performance.now() - began, cpuMs }
}

const { quick } = readOptions()
// Below the repository, where its packages are found.
const folder = mkdtempSync(resolve('out/bench-start-'))
try {
  const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, resolve('vite.config.ts'))
  const { ssr: _builtIn, ...config } = loaded!.config
  await build({ ...config, configFile: false, logLevel: 'error', build: { ...config.build, outDir: folder } })
  const asBuilt = resolve('out/main/cli.js')
  const cost = await alternate(
    () => start(resolve(folder, 'cli.js')),
    () => start(asBuilt),
    quick ? 8 : 20,
  )
  report({
    kind: 'ratio',
    name: 'start of the command line, packages read one by one / built in',
    sides: ['one by one', 'built in'],
    ...cost,
    target: { relation: 'at least', value: 1 },
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
