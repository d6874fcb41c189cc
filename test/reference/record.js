import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runnerImport } from 'vite'

/**
 * Records test/fixtures/models anew: makes every reference checkpoint and runs it through the Python reference.
 * Needs a Python with PyTorch and NumPy: PYTHON=/usr/bin/python3 npm run reference.
 */
const repository = resolve(import.meta.dirname, '../..')
const load = async (path) => (await runnerImport(join(repository, path))).module
const { referenceCases } = await load('test/support/models/reference-cases.ts')
const { checkpointSha256 } = await load('test/support/models/checkpoint.ts')

const work = mkdtempSync(join(tmpdir(), 'snip-reference-'))
try {
  for (const reference of referenceCases) {
    const folder = join(work, reference.name)
    mkdirSync(folder)
    const checkpoint = reference.make(folder)
    const request = { name: reference.name, sha256: checkpointSha256(checkpoint), ...reference.request(checkpoint) }
    writeFileSync(join(folder, 'request.json'), JSON.stringify(request))
  }
  const fixtures = join(repository, 'test/fixtures/models')
  mkdirSync(fixtures, { recursive: true })
  const script = join(import.meta.dirname, 'record.py')
  const run = spawnSync(process.env.PYTHON ?? 'python3', [script, work, fixtures], { stdio: 'inherit' })
  if (run.error) throw run.error
  process.exitCode = run.status ?? 1
} finally {
  rmSync(work, { recursive: true, force: true })
}
