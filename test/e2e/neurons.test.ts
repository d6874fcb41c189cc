import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'

const root = resolve(import.meta.dirname, '../..')

interface Shown {
  readonly tokens: number
  readonly freq: number
  readonly meanAbs: number
  readonly rms: number
  readonly stdPopulation: number
  readonly mean: number
  readonly max: number
  readonly windows: readonly { tokenStart: number; activations: readonly number[]; max: number }[]
}

let workbench: Opened
let page: Page
let demo: string

/** What the command line says of a neuron of the recording in use. */
function neuronByCommand(id: string): Shown {
  const recordings = join(demo, 'recordings')
  const [recording] = readdirSync(recordings)
  const text = execFileSync('node', [join(root, 'bin/snip.js'), 'neuron', join(recordings, recording!), id, '--json'])
  return JSON.parse(text.toString()) as Shown
}

function rows(): Locator {
  return page.getByRole('grid', { name: 'Neurons' }).getByRole('row')
}

async function cells(row: Locator): Promise<string[]> {
  return row.getByRole('gridcell').allInnerTexts()
}

beforeAll(async () => {
  workbench = await openWorkbench({
    args: ['--demo'],
    context: { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' },
  })
  page = workbench.page
  demo = join(workbench.served.home, 'data/snip-workbench/demo')
  await page.waitForSelector('main')
  await page.evaluate(() => (location.hash = '#/neurons'))
  await rows().nth(2).waitFor()
})

afterAll(async () => {
  await workbench.close()
})

describe('the neurons view of the demo', () => {
  test('lists every recorded neuron with the numbers of the command line', async () => {
    await expect.poll(() => page.getByText('3,840 neurons', { exact: true }).count()).toBe(1)
    await expect.poll(() => page.getByRole('grid', { name: 'Neurons' }).getAttribute('aria-rowcount')).toBe('3841')
    const { freq } = neuronByCommand('mlp:0:0')
    const first = async () => (await cells(rows().nth(1))).filter((_, column) => column === 0 || column === 3)
    await expect.poll(first).toEqual(['mlp:0:0', `${(100 * freq).toPrecision(3)} %`])
  })

  test('search filters by words and tells how many match', async () => {
    const concepts = readFileSync(join(root, 'resources/demo/workspace/concepts/lexical.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { text: string }).text.toLowerCase())
    const matching = concepts.filter((text) => text.includes('verbs') && text.includes('indentation')).length
    expect(matching).toBeGreaterThan(0)
    await page.getByLabel('Search concepts').fill('indentation verbs')
    await expect.poll(() => page.getByText(`${matching} of 3,840`, { exact: true }).count()).toBe(1)
    await page.getByRole('button', { name: 'Show all', exact: true }).click()
    await expect.poll(() => page.getByText('3,840 neurons', { exact: true }).count()).toBe(1)
  })

  test('sorting by rank puts what goes at the cut first, in the order of the ranking file', async () => {
    await page.getByRole('columnheader', { name: 'Rank' }).getByRole('button').click()
    await page.getByRole('columnheader', { name: 'Rank' }).getByRole('button').click()
    await expect
      .poll(() => page.getByRole('columnheader', { name: 'Rank' }).getAttribute('aria-sort'))
      .toBe('ascending')
    await expect.poll(async () => (await cells(rows().nth(1)))[5]).toBe('goes 1')
    const seen = async () => [(await cells(rows().nth(1)))[0], (await cells(rows().nth(2)))[0]]
    const lines = readFileSync(join(root, 'resources/demo/workspace/rankings/forget-code.snip.jsonl'), 'utf8').split(
      '\n',
    )
    const ranked = lines.slice(1, 3).map((line) => (JSON.parse(line) as { neuron: string }).neuron)
    await expect.poll(seen).toEqual(ranked)
  })

  test('the keyboard alone opens a page whose numbers are those of the command line, digit for digit', async () => {
    await page.getByRole('grid', { name: 'Neurons' }).focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('g')
    await page.getByLabel('Jump to layer:index').waitFor()
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Jump to layer:index')
    await page.keyboard.type('1:17')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/neurons/mlp:1:17')
    const inspector = page.getByRole('complementary', { name: 'mlp:1:17' })
    await inspector.getByText('Where it is active').waitFor()
    const known = neuronByCommand('mlp:1:17')
    const facts = inspector.locator('dl')
    for (const name of ['meanAbs', 'rms', 'mean', 'stdPopulation', 'max'] as const) {
      await expect.poll(() => facts.getByTitle(String(known[name]), { exact: true }).count(), { message: name }).toBe(1)
    }
    await expect.poll(() => inspector.getByTitle(String(known.freq), { exact: true }).innerText()).toBe('1.19 %')
    await expect.poll(() => inspector.getByText('of 59,968 tokens').count()).toBe(1)
    expect(known.tokens).toBe(59_968)
    const best = known.windows[0]!
    await expect.poll(() => inspector.getByLabel(`token ${best.tokenStart.toLocaleString('en-US')}:`).count()).toBe(1)
  })

  test('J and K walk the table as it is sorted', async () => {
    await page.getByRole('columnheader', { name: 'Neuron' }).getByRole('button').click()
    await page.getByRole('grid', { name: 'Neurons' }).focus()
    await page.keyboard.press('j')
    await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/neurons/mlp:1:18')
    await page.keyboard.press('k')
    await expect.poll(() => page.evaluate(() => location.hash)).toBe('#/neurons/mlp:1:17')
    await page.getByRole('complementary', { name: 'mlp:1:17' }).getByText('786 of 3,840').waitFor()
  })

  test('a concept is edited in place, keeps the suggestion beside it, and goes back', async () => {
    const inspector = page.getByRole('complementary', { name: 'mlp:1:17' })
    await inspector.getByText('Where it is active').waitFor()
    await page.keyboard.press('e')
    const field = inspector.getByLabel('Concept of mlp:1:17')
    await field.waitFor()
    const suggested = await field.inputValue()
    await field.fill('letters that begin a word, אות ראשונה 🙂')
    await page.keyboard.press('Enter')
    await inspector
      .getByRole('paragraph')
      .filter({ hasText: 'The explainer wrote:' })
      .getByText(suggested, { exact: true })
      .waitFor()
    await expect
      .poll(async () => (await cells(page.locator('[role=row][data-active]')))[1])
      .toBe('letters that begin a word, אות ראשונה 🙂')
    await expect.poll(async () => (await cells(page.locator('[role=row][data-active]')))[6]).toBe('edited')
    await inspector.getByRole('button', { name: 'Go back to it' }).click()
    await expect.poll(async () => (await cells(page.locator('[role=row][data-active]')))[1]).toBe(suggested)
  })

  test('A, R, P, N and U act on the neuron at hand', async () => {
    await page.getByRole('grid', { name: 'Neurons' }).focus()
    const at = async (column: number) => (await cells(page.locator('[role=row][data-active]')))[column]
    await page.keyboard.press('a')
    await expect.poll(() => at(6)).toBe('accepted')
    await page.keyboard.press('r')
    await expect.poll(() => at(6)).toBe('rejected')
    await page.keyboard.press('p')
    await expect.poll(() => at(7)).toBe('always')
    await expect.poll(() => at(5)).toBe('goes 1')
    await page.keyboard.press('n')
    await expect.poll(() => at(7)).toBe('never')
    await expect.poll(() => at(5)).toBe('–')
    await page.keyboard.press('u')
    await expect.poll(() => at(7)).toBe('always')
    await page.keyboard.press('c')
    await expect.poll(() => at(7)).toBe('')
    await page.keyboard.press('a')
    await expect.poll(() => at(6)).toBe('accepted')
  })

  test('what is typed after E while the page is still on its way goes into the editor, not to commands', async () => {
    const waiting: (() => void)[] = []
    let isHeld = false
    await page.routeWebSocket(/./, (socket) => {
      const server = socket.connectToServer()
      socket.onMessage((message) => server.send(message))
      server.onMessage((message) => {
        if (isHeld) waiting.push(() => socket.send(message))
        else socket.send(message)
      })
    })
    await page.reload()
    await rows().nth(2).waitFor()
    await page.getByRole('grid', { name: 'Neurons' }).focus()
    await page.getByRole('complementary', { name: 'mlp:1:17' }).getByText('Where it is active').waitFor()
    isHeld = true
    await page.keyboard.press('j')
    await page.keyboard.press('e')
    await page.keyboard.type('pan')
    isHeld = false
    for (const send of waiting) send()
    const field = page.getByLabel('Concept of mlp:1:18')
    await expect.poll(() => field.inputValue()).toBe('pan')
    await page.keyboard.type('cake')
    await expect.poll(() => field.inputValue()).toBe('pancake')
    const row = async () => {
      const texts = await cells(page.locator('[role=row][data-active]'))
      return [texts[0], texts[6], texts[7]]
    }
    await expect.poll(row).toEqual(['mlp:1:18', 'suggested', ''])
    await page.keyboard.press('Escape')
    await page.keyboard.press('k')
    await page.getByRole('complementary', { name: 'mlp:1:17' }).getByText('Where it is active').waitFor()
  })

  test('the map filters by keyboard, and its table by a click', async () => {
    await page.getByRole('application').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Shift+End')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByText('768 of 3,840', { exact: true }).count()).toBe(1)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByText('3,840 neurons', { exact: true }).count()).toBe(1)
  })

  test('a text of one’s own is shaded by the neuron', async () => {
    const inspector = page.getByRole('complementary', { name: 'mlp:1:17' })
    await inspector
      .getByRole('textbox', { name: 'A text of your own' })
      .fill('The boy began to bake bread before breakfast.')
    await inspector.getByRole('button', { name: 'Show activations of mlp:1:17' }).click()
    await inspector.getByText(/\d+ tokens, largest activation/).waitFor()
    const max = Number(
      /activation ([\d.]+)/.exec(await inspector.getByText(/tokens, largest activation/).innerText())![1],
    )
    expect(max).toBeGreaterThan(1)
  })

  test('axe finds nothing, in light and dark', async () => {
    expect(await axeFindings(page)).toEqual([])
  })

  test('nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
