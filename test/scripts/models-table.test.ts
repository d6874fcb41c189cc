import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { architectures } from '../../src/core/architectures/registry.ts'
import { checks, recordedFamilies } from '../engine/verify-families.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/models.md'), 'utf8')

/** The cells of the table that scripts/verify-models.js wrote, head and rows. */
function writtenTable(): string[][] {
  const [, table = ''] = /<!-- families: [^>]*-->\n(.*?)<!-- \/families -->/s.exec(page) ?? []
  const rows = table.trim().split('\n')
  return rows.map((row) => row.slice(2, -2).split(' | ')).filter((_, at) => at !== 1)
}

test('the table of families is of this registry and of these recorded checkpoints, and every check of it has passed', () => {
  const [head, ...rows] = writtenTable()
  expect(head).toEqual(['family', 'model_type', 'described in', 'recorded checkpoints', ...checks])
  const recorded = recordedFamilies()
  const expected = architectures.map(({ id, name, citation }) => [
    name,
    `\`${id}\``,
    citation,
    recorded.get(id)?.names.join(', '),
    ...checks.map((check) => (recorded.get(id)?.checks.includes(check) ? 'passed' : 'has none')),
  ])
  expect(rows).toEqual(expected)
  for (const { id } of architectures) expect(recorded.has(id), id).toBe(true)
})
