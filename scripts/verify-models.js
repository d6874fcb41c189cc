import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runnerImport } from 'vite'

/**
 * Verifies every family of checkpoints against the recorded reference and writes the table of docs/models.md: node scripts/verify-models.js.
 * Ends with 1 when a check failed; the table says which.
 */
const repository = resolve(import.meta.dirname, '..')
const page = join(repository, 'docs/models.md')
const marks = ['<!-- families: written by scripts/verify-models.js -->', '<!-- /families -->']

const { module } = await runnerImport(join(repository, 'test/engine/verify-families.ts'))
const work = mkdtempSync(join(tmpdir(), 'snip-verify-'))
try {
  const verified = await module.verifyFamilies(work)
  const text = readFileSync(page, 'utf8')
  const [start, end] = marks.map((mark) => text.indexOf(mark))
  if (start === -1 || end === -1 || end < start) throw new Error(`${page} has lost the marks of its table`)
  const table = module.familyTable(verified)
  writeFileSync(page, `${text.slice(0, start)}${marks[0]}\n${table}\n${text.slice(end)}`)
  for (const { name, ratios } of verified) {
    const worst = Object.entries(ratios).map(([check, ratio]) => `${check} ${ratio.toPrecision(2)}`)
    console.log(`${name}: ${worst.join(', ')} of what is allowed`)
    if (Object.values(ratios).some((ratio) => !(ratio <= 1))) process.exitCode = 1
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
