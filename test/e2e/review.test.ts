import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { axeFindings } from './axe-findings.ts'

let workbench: Opened
let page: Page
let demo: string

const concept = () => page.getByRole('group', { name: /^(mlp|attention):/ })
/** The neuron on the screen. */
const shown = async () => (await concept().getAttribute('aria-label')) ?? ''
const pageOf = async (neuron: string) => {
  await page.getByRole('group', { name: neuron, exact: true }).getByText('Where it is active').waitFor()
}
const progress = () => page.getByRole('progressbar', { name: 'Reviewed' }).getAttribute('aria-valuenow')

/** The neurons nearest to the demo's cut that have a concept, in the order of the queue, worked out from the ranking file. */
function nearestToTheCut(count: number): string[] {
  const folder = join(demo, 'rankings')
  const [, ...lines] = readFileSync(join(folder, 'forget-code.snip.jsonl'), 'utf8').trim().split('\n')
  const ranked = lines.map((line) => (JSON.parse(line) as { neuron: string }).neuron)
  const k = 307
  const around: string[] = []
  for (let at = 0; around.length < count; at++) around.push(ranked[k - 1 - at]!, ranked[k + at]!)
  return around.slice(0, count)
}

beforeAll(async () => {
  workbench = await openWorkbench({
    args: ['--demo'],
    context: { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
  })
  page = workbench.page
  demo = join(workbench.served.home, 'data/snip-workbench/demo')
  await page.waitForSelector('main')
  await page.evaluate(() => (location.hash = '#/neurons'))
  await page.getByRole('link', { name: 'Review concepts' }).click()
  await page.getByText('Where it is active').waitFor()
})

afterAll(async () => {
  await workbench.close()
})

describe('the review view of the demo', () => {
  test('begins nearest to the cut, and says why', async () => {
    await page.getByText('0 of 3,072 reviewed').waitFor()
    await page.getByText('1 above the cut', { exact: true }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByText('1 below the cut', { exact: true }).waitFor()
    const second = await shown()
    await page.keyboard.press('ArrowLeft')
    await page.getByText('1 above the cut', { exact: true }).waitFor()
    expect([await shown(), second]).toEqual(nearestToTheCut(2))
  })

  test('twenty neurons by keyboard alone, each key once: accepted, rejected, pinned, skipped', async () => {
    const order = nearestToTheCut(25)
    const keys = ['a', 'r', 'a', 'a', 's', 'r', 'a', 'a', 'a', 'r', 'a', 'a', 'r', 'a', 'a', 'a', 'r', 'a', 'a', 'a']
    for (const [at, key] of keys.entries()) {
      await pageOf(order[at]!)
      await page.keyboard.press(key)
      await expect.poll(shown).toBe(order[at + 1])
    }
    await expect.poll(progress).toBe('19')
    await pageOf(order[20]!)
    await page.keyboard.press('p')
    await concept().getByText('always prune', { exact: true }).waitFor()
    await expect.poll(shown).toBe(order[20])
    await page.getByText(/a minute, .* left at this pace/).waitFor()
    await page.getByText('The concepts changed after the ranking. Rank again', { exact: true }).waitFor()
  })

  test('U takes back one after the other and returns to the neuron', async () => {
    const order = nearestToTheCut(25)
    await page.keyboard.press('u')
    await expect.poll(() => concept().getByText('always prune', { exact: true }).count()).toBe(0)
    await page.keyboard.press('u')
    await expect.poll(shown).toBe(order[19])
    await expect.poll(progress).toBe('18')
    await concept()
      .getByText(/^not reviewed/)
      .waitFor()
  })

  test('Ctrl+Z returns to the neuron from wherever one is by now, and so does Ctrl+Shift+Z', async () => {
    const order = nearestToTheCut(25)
    const isReviewed = concept().getByText(/^not reviewed/)
    await page.keyboard.press('a')
    await expect.poll(shown).toBe(order[20])
    await page.keyboard.press('ArrowRight')
    await expect.poll(shown).toBe(order[21])
    for (const [keys, count, status] of [
      ['Control+z', '18', isReviewed],
      ['Control+Shift+z', '19', concept().getByText('accepted · person', { exact: true })],
      ['Control+z', '18', isReviewed],
    ] as const) {
      await page.keyboard.press(keys)
      await expect.poll(shown).toBe(order[19])
      await status.waitFor()
      await expect.poll(progress).toBe(count)
      await page.keyboard.press('ArrowRight')
      await expect.poll(shown).toBe(order[20])
    }
    await page.keyboard.press('ArrowLeft')
    await expect.poll(shown).toBe(order[19])
  })

  test('an edit is written in place, goes on, and keeps the suggestion beside it', async () => {
    const neuron = await shown()
    await pageOf(neuron)
    await page.keyboard.press('e')
    await page.keyboard.type('names of files and folders')
    await page.keyboard.press('Enter')
    await expect.poll(shown).not.toBe(neuron)
    await expect.poll(progress).toBe('19')
    await page.keyboard.press('ArrowLeft')
    await concept().getByText('names of files and folders', { exact: true }).first().waitFor()
    await concept().getByText('The explainer wrote:').waitFor()
    await concept().getByText('edited · person').waitFor()
  })

  test('keys are letters in fields', async () => {
    const neuron = await shown()
    const field = page.getByLabel(`Your note on ${neuron}`)
    await field.fill('')
    await field.pressSequentially('area')
    await expect.poll(() => field.inputValue()).toBe('area')
    await page.getByRole('button', { name: 'Save the note' }).click()
    await expect.poll(() => page.getByRole('button', { name: 'Save the note' }).count()).toBe(0)
    expect(await shown()).toBe(neuron)
  })

  test('neurons are found by meaning and reviewed as a queue', async () => {
    await page.getByRole('button', { name: 'Find neurons…' }).click()
    await page.getByLabel('What the concept means').fill('names of files and folders')
    await page.keyboard.press('Enter')
    await page.getByText('The 50 nearest of 3,072 concepts').waitFor()
    const table = page.getByRole('table', { name: 'Neurons found by meaning' })
    await expect
      .poll(() => table.getByRole('row').nth(1).getByRole('cell').nth(1).innerText())
      .toBe('names of files and folders')
    await page.getByRole('button', { name: 'Review these 50' }).click()
    await page.getByText('50 found by meaning').waitFor()
    await page.getByText(/of 50 in the queue/).waitFor()
  })

  test('and by a text that they fire on', async () => {
    await page.getByRole('button', { name: 'Find neurons…' }).click()
    await page.getByText('By activity', { exact: true }).click()
    await page.getByLabel('A text that they fire on').fill('def bake(bread):\n    return bread')
    await page.getByRole('button', { name: 'Find what fires on this text' }).click()
    await page.getByText('The 50 strongest of 3,840 neurons on 10 tokens').waitFor()
    const link = page.getByRole('table', { name: 'Neurons found by activity' }).getByRole('button').first()
    const neuron = await link.innerText()
    await link.click()
    await expect.poll(shown).toBe(neuron)
    await page.getByText('Take this choice away').click()
  })

  test('text is replaced in all neurons of a filter, with the number shown before', async () => {
    await page.getByLabel('Words of the concept').fill('indentation verbs')
    await page.getByRole('button', { name: 'Edit all…' }).click()
    await page.getByLabel('Find', { exact: true }).fill('indentation')
    await page.getByLabel('Replace with').fill('leading blanks')
    const go = page.getByRole('button', { name: /^Find and replace in [1-9]\d* concepts?$/ })
    await go.waitFor()
    const count = Number(/\d+/.exec(await go.innerText())![0])
    await go.click()
    await page
      .getByText(new RegExp(`Replaced “indentation” with “leading blanks” in ${count} concept`))
      .first()
      .waitFor()
    await page.getByLabel('Words of the concept').fill('"leading')
    await page.getByLabel('Words of the concept').fill('leading blanks')
    await page.getByLabel('Words of the concept').press('Enter')
    await page.getByRole('combobox', { name: 'Status' }).click()
    await page.getByRole('option', { name: 'Edited', exact: true }).click()
    await page.getByText(new RegExp(`of ${count} in the queue`)).waitFor()
  })

  test('a second reviewer’s file shows agreement and a conflict, and is merged as one step', async () => {
    const [accepted, rejected, fresh] = [nearestToTheCut(25)[0]!, nearestToTheCut(25)[1]!, 'mlp:0:0']
    const concepts = readFileSync(join(demo, 'concepts/lexical.jsonl'), 'utf8').trim().split('\n')
    const text = (neuron: string) =>
      concepts.map((line) => JSON.parse(line) as { neuron: string; text: string }).find((one) => one.neuron === neuron)!
        .text
    const line = (neuron: string, verdict: string) =>
      JSON.stringify({
        neuron,
        text: text(neuron),
        edited: false,
        verdict,
        author: 'Bob',
        at: 5,
        note: null,
        pin: null,
      })
    const file = join(workbench.served.home, 'bob.jsonl')
    writeFileSync(
      file,
      `${[line(accepted, 'accepted'), line(rejected, 'accepted'), line(fresh, 'accepted')].join('\n')}\n`,
    )
    await page.getByRole('button', { name: 'Reviewing as person…' }).click()
    // Under the name of everybody nothing is exported.
    await page.getByRole('button', { name: 'Export the review of person', disabled: true }).waitFor()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Your name').press('Enter')
    await page.getByRole('button', { name: 'Export the review of Ada' }).waitFor()
    await page.getByRole('button', { name: 'Compare with another reviewer’s file…' }).click()
    await page.getByLabel('Path').fill(file)
    await page.getByLabel('Path').press('Enter')
    const review = page.getByRole('region', { name: 'Review of Bob' })
    await review.waitFor()
    await expect
      .poll(() => review.locator('dl').innerText())
      .toMatch(/Same\s+1\s+New\s+1\s+Conflicts\s+1\s+Agreement\s+50/)
    await review.getByLabel(`Keep for ${rejected}`).selectOption('theirs')
    await review.getByRole('button', { name: 'Merge into 2 neurons' }).click()
    await page.getByText('Merged the review of Bob: 2 neurons').first().waitFor()
    await page.evaluate((neuron) => (location.hash = `#/review/${neuron}`), rejected)
    await concept().getByText('accepted · Bob').waitFor()
  })

  test('what a language model simulated stands beside the true activations, token by token', async () => {
    const file = join(demo, 'concepts/lexical.jsonl')
    const line = readFileSync(file, 'utf8').split('\n')[100]!
    const { neuron, text } = JSON.parse(line) as { neuron: string; text: string }
    // Levels 0 to 10 and again over two windows, of which the first is said to be where the neuron is strongest.
    const levels = Buffer.from(Array.from({ length: 128 }, (_, at) => 25 * (at % 11))).toString('base64')
    const scoreKind = 'pearson-simulation-written, calibration none, 127.0.0.1/test-model'
    const kept = { neuron, text, scoreKind, from: 0, to: 10, windows: [0, 1], top: 1, lengths: [64, 64], levels }
    writeFileSync(`${file}.simulations.jsonl`, `${JSON.stringify(kept)}\n`)
    await page.evaluate((hash) => (location.hash = hash), `#/review/${neuron}`)
    const section = page.getByRole('region', { name: 'Real beside simulated' })
    await section.getByText(/^Correlation [+−]0\.\d+ over 2 windows$/).waitFor()
    await section.getByRole('region', { name: 'Where it is strongest' }).getByText('token 0').waitFor()
    await section.getByRole('button', { name: 'Show as table' }).click()
    const rows = section.getByRole('table').getByRole('row')
    await expect.poll(() => rows.count()).toBe(1 + 128)
    expect((await rows.nth(11).getByRole('cell').allInnerTexts()).at(-1)).toBe('10.0')
  })

  test('one click ranks again, and the new ranking is in use', async () => {
    const step = page.getByRole('link', { name: /Rank and prune/ })
    await expect.poll(() => step.getAttribute('data-state')).toBe('stale')
    await page.getByRole('button', { name: 'Rank again', exact: true }).click()
    await expect.poll(() => step.getAttribute('data-state')).toBe('done')
  })

  test('axe finds nothing, in light and dark', async () => {
    await pageOf(await shown())
    expect(await axeFindings(page)).toEqual([])
  })

  test('nothing was logged and no policy was broken', () => {
    expect(workbench.problems()).toEqual([])
  })
})
