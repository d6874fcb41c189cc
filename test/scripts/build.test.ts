import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'

const scripts = resolve(import.meta.dirname, '../../scripts')
const root = mkdtempSync(join(tmpdir(), 'snip-build-'))
const source = join(root, 'src/cli.ts')
const built = join(root, 'out/main/cli.js')

/** Builds the small project in a Node of its own; resolves to whether it was built. */
function build(): Promise<string> {
  const code = `import { buildIfNeeded } from ${JSON.stringify(join(scripts, 'build-if-needed.js'))}
    console.log(await buildIfNeeded({ root: ${JSON.stringify(root)} }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((done) => child.on('close', () => done(output.trim())))
}

describe('building when needed', () => {
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  beforeEach(() => {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(join(root, 'src'), { recursive: true })
    writeFileSync(join(root, 'package.json'), '{"type":"module"}')
    writeFileSync(source, 'console.log("first")\n')
    const config = { build: { ssr: 'src/cli.ts', rollupOptions: { output: { entryFileNames: 'cli.js' } } } }
    writeFileSync(join(root, 'vite.config.ts'), `export default ${JSON.stringify(config)}\n`)
  })

  test('builds once, and again when a source has changed, whatever its time says', async () => {
    expect(await build()).toBe('true')
    expect(readFileSync(built, 'utf8')).toContain('first')
    expect(await build()).toBe('false')
    writeFileSync(source, 'console.log("second")\n')
    utimesSync(source, new Date(0), new Date(0))
    expect(await build()).toBe('true')
    expect(readFileSync(built, 'utf8')).toContain('second')
  })

  test('two at once build once and leave nothing behind', async () => {
    const answers = await Promise.all([build(), build()])
    expect(answers.toSorted()).toEqual(['false', 'true'])
    expect(readdirSync(join(root, 'out')).toSorted()).toEqual(['.built-from', 'main'])
  })

  test('takes over from a process that is gone', async () => {
    mkdirSync(join(root, 'out/.main-2147483646'), { recursive: true })
    writeFileSync(join(root, 'out/.lock'), '2147483646')
    expect(await build()).toBe('true')
    expect(readdirSync(join(root, 'out')).toSorted()).toEqual(['.built-from', 'main'])
  })

  test('keeps the last build when the sources do not compile', async () => {
    await build()
    writeFileSync(source, 'console.log(\n')
    expect(await build()).toBe('')
    expect(readFileSync(built, 'utf8')).toContain('first')
    expect(existsSync(join(root, 'out/.lock'))).toBe(false)
  })
})
