import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pinnedIds } from '../../../src/core/pruning/pinned-ids.ts'
import { applyPins } from '../../../src/core/ranking/pinned-order.ts'
import { escapeHtml, html } from '../../../src/core/report/html.ts'
import { formatBytes, formatMeasure, formatNumber } from '../../../src/core/report/numbers.ts'
import * as screen from '../../../src/renderer/components/numbers.ts'
import { showMeasured } from '../../../src/renderer/components/measure-words.ts'
import { parseRecipe } from '../../../src/main/services/recipes/recipe-schema.ts'
import { reportFacts } from '../../../src/main/services/reports/report-facts.ts'
import { reportPage } from '../../../src/main/services/reports/report-page.ts'
import { readWorkspace } from '../../../src/main/services/reports/workspace-view.ts'
import { writeRecipe } from '../../../src/main/services/reports/write-recipe.ts'
import { writeReport } from '../../../src/main/services/reports/write-report.ts'

const resources = resolve(import.meta.dirname, '../../../resources')
let folder: string
const path = (...parts: string[]) => join(folder, ...parts)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'snip-reports-'))
  cpSync(join(resources, 'demo/workspace'), path('demo'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every file below a folder. */
const listing = (of: string) => readdirSync(of, { recursive: true, encoding: 'utf8' }).toSorted()

describe('texts of the data', () => {
  test('are escaped wherever they stand, and what no page may hold is replaced', () => {
    const hostile = `</title><img src=x onerror="alert(1)">'&\u0000\ud800`
    const safe = '&lt;/title&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;\ufffd\ufffd'
    expect(escapeHtml(hostile)).toBe(safe)
    expect(html`<p title="${hostile}">${[hostile, html`<b>${1}</b>`, null]}</p>`.text).toBe(
      `<p title="${safe}">${safe}<b>1</b></p>`,
    )
    expect(escapeHtml('👋 שלום')).toBe('👋 שלום')
  })
})

describe('numbers of a report', () => {
  test('read as on the screen', () => {
    for (const value of [0, 1, -0.0412, 3.62, 31.149, 1234.5, 9.996, 1.234e-5, -5e12, 0.3833333]) {
      expect(formatNumber(value)).toBe(screen.formatNumber(value))
      expect(formatBytes(Math.abs(value) * 1e6)).toBe(screen.formatBytes(Math.abs(value) * 1e6))
      for (const estimator of ['accuracy', 'lossNats', 'perplexityExpMean']) {
        for (const signed of [false, true]) {
          const [low, high] = [value - Math.abs(value) / 7 - 0.001, value + 0.013]
          const unit =
            estimator === 'accuracy' ? (signed ? 'points' : 'percent') : estimator === 'lossNats' ? 'nats' : ''
          const wanted = screen.formatInterval(value, low, high, { unit, signed })
          expect(formatMeasure({ value, low, high }, estimator, signed)).toEqual(wanted)
        }
      }
    }
    const { value, interval } = formatMeasure({ value: 0.3108, low: 0.284, high: 0.339 }, 'accuracy')
    expect(`${value} ${interval}`).toBe('31.1 % [28.4, 33.9]')
    expect(`${value} ${interval}`).toBe(showMeasured(0.3108, 0.284, 0.339, 'accuracy'))
  })
})

describe('pins by id', () => {
  test('order as those over typed arrays do', () => {
    const ids = Array.from({ length: 40 }, (_, index) => `mlp:0:${index}`)
    const flats = Uint32Array.from({ length: 30 }, (_, rank) => (rank * 17) % 40)
    const codes = new Uint8Array(40)
    const always = [3, 39, 11, 23, 6]
    const never = [17, 0, 38]
    for (const flat of always) codes[flat] = 1
    for (const flat of never) codes[flat] = 2
    const order = applyPins(flats, new Float64Array(30), codes)
    const named = (of: readonly number[]) => of.map((flat) => ids[flat] as string)
    expect(pinnedIds(named([...flats]), { always: named(always), never: named(never) })).toEqual(
      named([...order.flats]),
    )
  })
})

describe('the report of the demo workspace', () => {
  test('says what was removed and measured, with all digits, and is the same twice', async () => {
    const before = listing(path('demo'))
    const facts = await reportFacts(await readWorkspace(path('demo'), resources))
    expect(listing(path('demo'))).toEqual(before)
    const cut = facts.plans[0]!
    expect(cut.neurons).toHaveLength(307)
    expect(cut.layers.map(({ removed }) => removed)).toEqual([71, 55, 63, 118])
    expect(cut.layers.map(({ width }) => width)).toEqual([768, 768, 768, 768])
    expect(cut.first).toHaveLength(50)
    const loss = facts.measured[0]!.comparisons.find(
      ({ estimator, side }) => estimator === 'lossNats' && side === 'forget',
    )!
    expect(loss.delta!.n).toBe(100)
    expect(loss.unlearned.ok && loss.original.ok && loss.unlearned.value - loss.original.value).toBeCloseTo(
      loss.delta!.value,
      12,
    )
    const page = reportPage(facts)
    expect(page).toContain(`title="${loss.delta!.value} [${loss.delta!.low}, ${loss.delta!.high}]"`)
    expect(page).toContain('+0.523 nats')
    expect(page).toBe(reportPage(await reportFacts(await readWorkspace(path('demo'), resources))))
    for (const caption of page.matchAll(/<table>\s*(<\w+)/g)) expect(caption[1]).toBe('<caption')
    expect(page.match(/<figure>/g)!.length).toBe(
      page.match(/<\/figure\s*>\s*<div class="wide" tabindex="0"\s*>\s*<table/g)!.length,
    )
    expect(page).not.toMatch(/<script|<link|<iframe|src=|href=|@import|url\(/)
    expect(page).not.toContain(resources)
  })

  test('holds no markup of a hostile workspace', async () => {
    cpSync(path('demo'), path('hostile'), { recursive: true })
    const text = readFileSync(path('hostile', 'documents.json'), 'utf8')
    const evil = '<script>alert(1)</script>" onload="x'
    const documents = JSON.parse(text) as { documents: { kind: string; value: Record<string, unknown> }[] }
    for (const { kind, value } of documents.documents) {
      if (kind !== 'plan' && typeof value['name'] === 'string') value['name'] = evil
      if (kind === 'forget-concept') value['text'] = evil
      if (kind === 'sweep') value['title'] = `${evil}\n- rm`
      if (kind === 'recording') value['data'] = evil
      if (kind === 'ranking') value['warnings'] = [evil]
    }
    writeFileSync(path('hostile', 'documents.json'), JSON.stringify(documents))
    writeFileSync(path('hostile', 'workspace.json'), JSON.stringify({ version: 1, name: `${evil}\nmodel: /etc` }))
    const workspace = await readWorkspace(path('hostile'), resources)
    const page = reportPage(await reportFacts(workspace))
    expect(page).not.toContain('<script')
    expect(page).not.toContain('" onload')
    expect(page.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(30)
    writeRecipe(workspace, path('hostile.yaml'))
    const recipe = parseRecipe(readFileSync(path('hostile.yaml'), 'utf8'), 'hostile.yaml')
    expect(recipe.name).toBe(workspace.name)
    expect(recipe.name).toContain(evil)
    expect(recipe.model).toBe(join(resources, 'demo/model'))
  })

  test('overwrites nothing', async () => {
    writeFileSync(path('mine.html'), 'mine')
    const workspace = await readWorkspace(path('demo'), resources)
    await expect(writeReport(workspace, path('mine.html'))).rejects.toMatchObject({ kind: 'exists' })
    expect(readFileSync(path('mine.html'), 'utf8')).toBe('mine')
    expect(listing(folder).filter((name) => name.endsWith('.partial'))).toEqual([])
  })
})
