import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEngineHost } from '../../src/main/engine-host/client/engine-host-process.ts'

const repository = resolve(import.meta.dirname, '../..')
// Outside the repository: packages are looked for upwards, and would be found in its node_modules.
const scratch = mkdtempSync(join(tmpdir(), 'snip-package-'))
const resources = join(scratch, 'out/linux-unpacked/resources')
const unpacked = join(resources, 'app.asar.unpacked')
const { listPackage, extractFile, statFile } = createRequire(import.meta.url)('@electron/asar') as {
  listPackage: (archive: string) => string[]
  extractFile: (archive: string, file: string) => Buffer
  statFile: (archive: string, file: string) => { unpacked?: boolean }
}

/** A folder in the shape of Electron's, in which nothing works: packaging only copies and renames. */
function standInElectron(): string {
  const folder = join(scratch, 'electron')
  mkdirSync(join(folder, 'locales'), { recursive: true })
  mkdirSync(join(folder, 'resources'))
  writeFileSync(join(folder, 'electron'), '#!/bin/sh\nexit 0\n')
  chmodSync(join(folder, 'electron'), 0o755)
  const { version } = JSON.parse(readFileSync(join(repository, 'node_modules/electron/package.json'), 'utf8'))
  writeFileSync(join(folder, 'version'), version)
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'chrome-sandbox', 'chrome_crashpad_handler']) {
    writeFileSync(join(folder, name), '')
  }
  writeFileSync(join(folder, 'locales/en-US.pak'), '')
  return folder
}

let archived: string[] = []

beforeAll(async () => {
  const staged = join(scratch, 'node')
  mkdirSync(staged)
  writeFileSync(join(staged, 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 })
  // The configuration itself, but for the fuses, which are flipped in a real binary, and the places.
  const config = join(scratch, 'config.mjs')
  writeFileSync(
    config,
    `import config from ${JSON.stringify(join(repository, 'electron-builder.config.js'))}
    const { electronFuses, ...rest } = config
    export default {
      ...rest,
      compression: 'store',
      electronDist: ${JSON.stringify(standInElectron())},
      directories: { ...rest.directories, output: ${JSON.stringify(join(scratch, 'out'))} },
      extraResources: rest.extraResources.map((one) => ({ ...one, from: ${JSON.stringify(staged)} })),
    }`,
  )
  const builder = join(repository, 'node_modules/electron-builder/cli.js')
  const args = [builder, '--linux', 'dir', `--${process.arch}`, '--config', config, '--publish', 'never']
  const failure = await new Promise<string>((done) => {
    const child = spawn(process.execPath, args, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', (status) => done(status === 0 ? '' : text))
  })
  if (failure !== '') throw new Error(failure)
  archived = listPackage(join(resources, 'app.asar')).map((path) => path.replaceAll('\\', '/'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.runIf(process.platform === 'linux')('the packaged tree', () => {
  test('its archive holds the window and nothing of the repository besides', () => {
    const own = archived.filter((path) => !path.startsWith('/node_modules'))
    const folders = new Set(own.map((path) => path.split('/').slice(1, 3).join('/')))
    expect([...folders].sort()).toEqual(
      [
        'LICENSE',
        'bin',
        'bin/snip.js',
        'out',
        'out/main',
        'out/preload',
        'out/renderer',
        'package.json',
        'resources',
        'resources/demo',
        'resources/desktop',
      ].sort(),
    )
    for (const path of ['/out/main/desktop.js', '/out/preload/index.cjs', '/out/renderer/index.html']) {
      expect(archived).toContain(path)
      expect(existsSync(join(unpacked, path))).toBe(false)
    }
    const { main, type, scripts, devDependencies } = JSON.parse(
      extractFile(join(resources, 'app.asar'), 'package.json').toString(),
    )
    expect([main, type, scripts, devDependencies]).toEqual(['out/main/desktop.js', 'module', undefined, undefined])
  })

  test('no sources, tests, maps or development packages', () => {
    const unwanted = archived.filter(
      (path) =>
        /\.(?:map|tsx?|mts|cts)$|\.test\.[cm]?js$|\/(?:vitest|electron|vite|typescript|react|@mantine)\//.test(path) ||
        /^\/(?:src|test|bench|docs|scripts|lint)\b/.test(path),
    )
    expect(unwanted).toEqual([])
  })

  test('only the native files of this platform, and all of them unpacked', () => {
    const native = archived.filter((path) => /\.(?:node|so|so\.\d+|dll|dylib)$/.test(path))
    const platform = `${process.platform}-${process.arch}`
    const places = [
      new RegExp(`^/node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/`),
      new RegExp(`^/node_modules/@duckdb/node-bindings-${platform}/`),
      new RegExp(`^/node_modules/keytar/prebuilds/${platform}/`),
    ]
    for (const place of places) expect(native.some((path) => place.test(path))).toBe(true)
    expect(native.filter((path) => !places.some((place) => place.test(path)))).toEqual([])
    expect(native.filter((path) => !existsSync(join(unpacked, path)))).toEqual([])
    expect(archived.filter((path) => /\/(?:win32|darwin|linuxmusl)[-/]/.test(path))).toEqual([])
  })

  test('what plain Node reads lies unpacked, with its own package.json', () => {
    expect(readdirSync(unpacked).sort()).toEqual(['bin', 'node_modules', 'out', 'package.json', 'resources'])
    expect(statFile(join(resources, 'app.asar'), 'out/main/engine-host.js').unpacked).toBe(true)
    expect(readdirSync(join(unpacked, 'out/main')).sort()).toEqual(['chunks', 'cli.js', 'engine-host.js'])
    expect(readdirSync(join(unpacked, 'resources'))).toEqual(['demo'])
    expect(readdirSync(join(resources, 'node'))).toEqual(['node'])
  })

  test('its engine starts in the Node that came with it and answers', async () => {
    const { nodeLauncher } = await import('../../src/main/services/engine/host-launch.ts')
    const host = startEngineHost({
      hostFile: join(unpacked, 'out/main/engine-host.js'),
      log: () => undefined,
      launch: nodeLauncher(join(resources, 'node/node')),
    })
    const found = await host.client.probe()
    expect(found.onnxRuntime).toBe('1.30.0')
    expect(found.providers.find(({ provider }) => provider === 'cpu')).toMatchObject({ works: true })
    const path = join(unpacked, 'resources/demo/model')
    const facts = await host.client.open({ path, tokenizer: null, threads: 1, provider: 'cpu' })
    expect(facts.handle).not.toBe('')
    await host.stop()
  })

  test('its command line runs by plain Node from any folder', () => {
    const snip = (...args: string[]) =>
      spawnSync(join(resources, 'node/node'), [join(unpacked, 'bin/snip.js'), ...args, '--json'], {
        cwd: tmpdir(),
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: scratch },
      })
    const doctor = snip('doctor')
    expect([doctor.status, doctor.stderr]).toEqual([0, ''])
    expect(JSON.parse(doctor.stdout).versions.onnxRuntime).toBe('1.30.0')
    // A predicate goes through DuckDB's library.
    const table = join(scratch, 'table.csv')
    writeFileSync(table, 'text,n\none,1\ntwo,2\nthree,3\n')
    const data = snip('data', table, '--text-column', 'text', '--where', 'n > 1')
    expect([data.status, JSON.parse(data.stdout).rows]).toEqual([0, 2])
  })
})
