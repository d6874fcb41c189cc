import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')

/** [file, line of code, words of the message]: each stands alone in its own file and must be refused. */
const forbidden: readonly (readonly [string, string, string])[] = [
  ['src/contract/up.ts', "import '../core/stats/random.ts'", 'src/contract may not import src/core'],
  ['src/contract/package.ts', "import '@bufbuild/protobuf'", 'only the packages zod, @orpc/contract'],
  ['src/contract/node.ts', "import 'node:fs'", "Node's own modules"],
  ['src/contract/server.ts', "import '@orpc/server'", 'only the packages zod, @orpc/contract'],
  [
    'src/core/up.ts',
    "import '../main/engine-host/client/start.ts'",
    'src/core may not import src/main/engine-host/client',
  ],
  ['src/core/node.ts', "import 'node:fs'", "Node's own modules"],
  ['src/core/bare.ts', "import 'fs/promises'", "Node's own modules"],
  ['src/core/ort.ts', "import 'onnxruntime-node'", 'only the packages'],
  ['src/core/duckdb.ts', "import '@duckdb/node-api/lib/x.js'", 'only the packages'],
  ['src/core/electron.ts', "import 'electron'", "may import 'electron'"],
  ['src/core/deep/down/door.ts', "import '../../../main/cli/index.ts'", 'src/core may not import src/main/cli'],
  [
    'src/main/engine-host/up.ts',
    "import '../services/models/open.ts'",
    'src/main/engine-host may not import src/main/services',
  ],
  ['src/main/engine-host/store.ts', "import '@duckdb/node-api'", 'the package @duckdb/node-api'],
  ['src/main/engine-host/client/ort.ts', "import 'onnxruntime-node'", 'the package onnxruntime-node'],
  ['src/main/engine-host/client/host.ts', "import '../sessions.ts'", 'may not import src/main/engine-host;'],
  [
    'src/main/services/host.ts',
    "import '../engine-host/sessions.ts'",
    'src/main/services may not import src/main/engine-host;',
  ],
  ['src/main/services/door.ts', "import '../cli/index.ts'", 'src/main/services may not import src/main/cli'],
  ['src/main/services/ort.ts', "import 'onnxruntime-node'", 'the package onnxruntime-node'],
  ['src/main/services/electron.ts', "import 'electron'", "may import 'electron'"],
  ['src/main/cli/core.ts', "import '../../core/stats/random.ts'", 'src/main/cli may not import src/core'],
  [
    'src/main/cli/host.ts',
    "import '../engine-host/client/start.ts'",
    'src/main/cli may not import src/main/engine-host/client',
  ],
  ['src/main/cli/door.ts', "import '../desktop/index.ts'", 'src/main/cli may not import src/main/desktop'],
  ['src/main/cli/duckdb.ts', "import '@duckdb/node-api'", 'the package @duckdb/node-api'],
  ['src/main/server/core.ts', "import '../../core/stats/random.ts'", 'src/main/server may not import src/core'],
  ['src/main/server/door.ts', "import '../desktop/index.ts'", 'src/main/server may not import src/main/desktop'],
  ['src/main/server/electron.ts', "import 'electron'", "may import 'electron'"],
  ['src/main/desktop/core.ts', "import '../../core/stats/random.ts'", 'src/main/desktop may not import src/core'],
  ['src/main/desktop/door.ts', "import '../cli/index.ts'", 'src/main/desktop may not import src/main/cli'],
  ['src/preload/contract.ts', "import '../contract/neuron.ts'", 'src/preload may not import src/contract'],
  ['src/preload/package.ts', "import 'zod'", 'only the packages electron'],
  ['src/preload/node.ts', "import 'node:path'", "Node's own modules"],
  ['src/renderer/core.tsx', "import '../core/stats/random.ts'", 'src/renderer may not import src/core'],
  [
    'src/renderer/service.ts',
    "import '../main/services/models/open.ts'",
    'src/renderer may not import src/main/services',
  ],
  ['src/renderer/node.ts', "import 'node:path'", "Node's own modules"],
  ['src/renderer/electron.ts', "import 'electron/renderer'", "may import 'electron'"],
  ['src/renderer/server.ts', "import '@orpc/server/ws'", 'the package @orpc/server'],
  ['src/main/stray.ts', "import '../contract/neuron.ts'", 'src/main is on no floor'],
  ['src/core/to-stray.ts', "import '../helpers/x.ts'", 'src/helpers/x.ts is on no floor'],
  ['src/core/outside.ts', "import '../../test/support/x.ts'", 'may not import from outside src'],
  ['src/core/beyond.ts', "import '../../../src/core/x.ts'", 'may not import from outside src'],
  ['src/core/alias.ts', "import '#core/x.ts'", 'relative path'],
  ['src/core/absolute.ts', "import '/src/core/x.ts'", 'relative path'],
  ['test/electron.ts', "import 'electron'", "may import 'electron'"],

  [
    'src/core/forms/type-only.ts',
    "import type { A } from '../../main/cli/index.ts'; export const a: A = 1",
    'src/main/cli',
  ],
  ['src/core/forms/named.ts', "import { a } from '../../main/cli/index.ts'; export const b = a", 'src/main/cli'],
  ['src/core/forms/export-from.ts', "export { a } from '../../main/cli/index.ts'", 'src/main/cli'],
  ['src/core/forms/export-type.ts', "export type { A } from '../../main/cli/index.ts'", 'src/main/cli'],
  ['src/core/forms/export-all.ts', "export * from '../../main/cli/index.ts'", 'src/main/cli'],
  ['src/core/forms/dynamic.ts', "export const a = () => import('../../main/cli/index.ts')", 'src/main/cli'],
  ['src/core/forms/template.ts', 'export const a = () => import(`node:fs`)', "Node's own modules"],
  ['src/core/forms/computed.ts', 'export const a = (b: string) => import(b)', 'computed'],
  ['src/core/forms/import-type.ts', "export type A = import('../../main/cli/index.ts').A", 'src/main/cli'],
  [
    'src/core/forms/import-equals.ts',
    "import a = require('../../main/cli/index.ts'); export const b = a",
    'src/main/cli',
  ],
  ['src/core/forms/require.ts', "export const a = require('node:fs')", "Node's own modules"],
  ['src/core/forms/query.ts', "import '../../main/cli/index.ts?raw'", 'src/main/cli'],
]

/** Imports that follow the floors: none of these may be reported. */
const legal: readonly (readonly [string, string])[] = [
  ['src/contract/legal.ts', "import './neuron.ts'; import 'zod'; import '@orpc/contract'"],
  [
    'src/core/legal.ts',
    "import '../contract/neuron.ts'; import './stats/random.ts'; import '@bufbuild/protobuf/wire'; import 'zod'",
  ],
  [
    'src/main/engine-host/legal.ts',
    "import '../../core/stats/random.ts'; import '../../contract/neuron.ts'; import './client/start.ts'; import 'node:fs'; import 'onnxruntime-node'; import '@orpc/server'",
  ],
  [
    'src/main/engine-host/client/legal.ts',
    "import './start.ts'; import '../../../contract/neuron.ts'; import '@orpc/client'; import 'node:child_process'",
  ],
  [
    'src/main/services/legal.ts',
    "import '../engine-host/client/start.ts'; import '../../core/stats/random.ts'; import '../../contract/neuron.ts'; import '@duckdb/node-api'; import 'node:fs'",
  ],
  [
    'src/main/cli/legal.ts',
    "import '../services/models/open.ts'; import '../../contract/neuron.ts'; import 'commander'; import 'node:path'; import './other.ts'",
  ],
  [
    'src/main/server/legal.ts',
    "import '../services/models/open.ts'; import '../../contract/neuron.ts'; import 'ws'; import '@orpc/server/ws'; import 'node:http'",
  ],
  [
    'src/main/desktop/legal.ts',
    "import 'electron'; import '../services/models/open.ts'; import '../../contract/neuron.ts'; import 'node:path'",
  ],
  ['src/preload/legal.ts', "import 'electron'"],
  [
    'src/renderer/legal.tsx',
    "import '../contract/neuron.ts'; import './views/list.tsx'; import 'react'; import '@orpc/client'",
  ],
  [
    'test/legal.ts',
    "import '../src/main/cli/index.ts'; import '../src/core/stats/random.ts'; import 'node:fs'; import 'onnxruntime-node'",
  ],
]

interface Diagnostic {
  message: string
  code: string
  filename: string
}

describe('the floors', () => {
  const root = mkdtempSync(join(tmpdir(), 'snip-floors-'))
  const messages = new Map<string, string[]>()
  let exitCode: number | null = null

  beforeAll(() => {
    for (const [file, code] of [...forbidden, ...legal]) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), `${code}\n`)
    }
    const config = {
      plugins: [],
      categories: { correctness: 'off' },
      jsPlugins: [join(repository, 'lint/floors.js')],
      rules: { 'floors/no-forbidden-import': ['error', { root }] },
    }
    writeFileSync(join(root, '.oxlintrc.json'), JSON.stringify(config))
    const oxlint = join(repository, 'node_modules/oxlint/bin/oxlint')
    const run = spawnSync(process.execPath, [oxlint, '-c', '.oxlintrc.json', '--format', 'json', '.'], {
      cwd: root,
      encoding: 'utf8',
    })
    exitCode = run.status
    const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: Diagnostic[] }
    for (const { filename, message, code } of diagnostics) {
      if (code !== 'floors(no-forbidden-import)') throw new Error(`${filename} breaks another rule: ${message}`)
      const file = filename.split('\\').join('/')
      messages.set(file, [...(messages.get(file) ?? []), message])
    }
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('are switched on for the repository', () => {
    const config = JSON.parse(readFileSync(join(repository, '.oxlintrc.json'), 'utf8')) as {
      jsPlugins: string[]
      rules: Record<string, unknown>
    }
    expect(config.jsPlugins).toContain('./lint/floors.js')
    expect(config.rules['floors/no-forbidden-import']).toBe('error')
  })

  test('make the linter fail', () => {
    expect(exitCode).toBe(1)
  })

  test.each(forbidden)('refuse in %s: %s', (file, _code, words) => {
    expect(messages.get(file)).toHaveLength(1)
    expect(messages.get(file)?.[0]).toContain(words)
  })

  test.each(legal)('let pass in %s: %s', (file) => {
    expect(messages.get(file)).toBeUndefined()
  })
})
