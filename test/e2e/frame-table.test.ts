import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { patienceMs } from '../support/browser.ts'
import { sharedChromium } from '../support/chromium.ts'
import { openFrameWorkbench, type FrameWorkbench } from './frame-workbench.ts'

let workbench: FrameWorkbench
let page: Page
const folder = mkdtempSync(join(tmpdir(), 'snip-table-'))
const problems: string[] = []

beforeAll(async () => {
  await build({
    configFile: false,
    root: resolve(import.meta.dirname, 'frame-table'),
    base: './',
    logLevel: 'error',
    plugins: [react()],
    build: { outDir: folder, target: 'chrome140', assetsInlineLimit: 0 },
  })
  workbench = await openFrameWorkbench(folder)
  const browser = await sharedChromium()
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(patienceMs)
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  page.on('pageerror', (error) => void problems.push(error.message))
  await page.goto(workbench.door.url)
  await page.getByRole('grid').waitFor()
})

afterAll(async () => {
  await page?.context().close()
  await workbench?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The row that the keyboard is on: its number for assistive technology, its text, whether all of it can be seen. */
const activeRow = () =>
  page.evaluate(() => {
    const grid = document.querySelector('[role=grid]')!
    const row = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '')
    if (!row) return null
    const [inner, outer] = [row.getBoundingClientRect(), grid.getBoundingClientRect()]
    const seen = inner.top >= outer.top + 28 && inner.bottom <= outer.bottom
    return { index: row.getAttribute('aria-rowindex'), seen, neuron: row.firstElementChild?.textContent }
  })

const press = async (key: string) => {
  await page.getByRole('grid').focus()
  await page.keyboard.press(key)
}

describe('a table of 350,000 rows', () => {
  test('has elements for the rows in view alone, and says how many there are', async () => {
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('350001')
    const drawn = () => page.locator('[data-row]').count()
    await expect.poll(drawn).toBeGreaterThan(20)
    expect(await drawn()).toBeLessThan(64)
  })

  test('End, Home, PageDown and arrows move the active row and keep it in view', async () => {
    await press('End')
    await expect.poll(activeRow).toEqual({ index: '350001', seen: true, neuron: 'mlp:3:349999' })
    await press('Home')
    await expect.poll(activeRow).toEqual({ index: '2', seen: true, neuron: 'mlp:3:0' })
    await press('PageDown')
    await press('ArrowDown')
    await press('ArrowUp')
    await expect.poll(activeRow).toEqual({ index: '21', seen: true, neuron: 'mlp:3:19' })
  })

  test('Enter opens the active row, and Shift with an arrow marks rows', async () => {
    await press('Home')
    await press('ArrowDown')
    await press('Enter')
    await expect.poll(() => page.locator('#opened').textContent()).toBe('Opened 1')
    await press('Shift+ArrowDown')
    await press('Shift+ArrowDown')
    await expect.poll(() => page.locator('[data-row][aria-selected=true]').count()).toBe(3)
  })

  test('a header sorts, numbers from the largest down first, and says so', async () => {
    const header = page.getByRole('columnheader', { name: 'Importance' })
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('none')
    await header.getByRole('button').click()
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('descending')
    const firstValue = () => page.locator('[data-row="0"] [role=gridcell]').nth(1).textContent()
    await press('Home')
    await expect.poll(firstValue).toBe('1.00000')
    await header.getByRole('button').click()
    await expect.poll(() => header.getAttribute('aria-sort')).toBe('ascending')
    await expect.poll(firstValue).toBe('0.00000')
  })

  test('scrolling by the wheel shows the rows of the place', async () => {
    await page.evaluate(() => {
      document.querySelector('[role=grid]')!.scrollTop = 28 * 200_000
    })
    await expect.poll(() => page.locator('[data-row="200003"]').count()).toBe(1)
    await expect.poll(() => page.locator('[data-row="200003"] [role=gridcell]').nth(3).textContent()).toBe('200004')
  })

  test('at 200 per cent zoom the active row still stays in view', async () => {
    await page.evaluate(() => void (document.getElementById('root')!.style.zoom = '200%'))
    await press('End')
    await expect.poll(activeRow).toMatchObject({ index: '350001' })
    await press('Home')
    await expect.poll(activeRow).toMatchObject({ index: '2' })
    await page.evaluate(() => void (document.getElementById('root')!.style.zoom = ''))
  })

  test('none of it made the console speak', () => {
    expect(problems).toEqual([])
  })
})
