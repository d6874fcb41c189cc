import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Concept, RankedNeuron } from '../../src/contract/files.ts'
import { openWorkbench, type Opened } from '../support/browser.ts'
import { startLlmServer, type LlmServer } from '../support/llm-server/llm-server.ts'
import { plantedWords, sentenceOf } from '../support/llm-server/planted-words.ts'
import { goTo } from './prune-page.ts'
import { explainFaults } from './story-concepts-faults.ts'
import {
  accounts,
  addForgetConcept,
  atTheCut,
  choose,
  explainForm,
  exportPlan,
  exportReview,
  filesWith,
  goToFile,
  linesOf,
  neuronsOf,
  opinionsOf,
  previewAt,
  rankAndCut,
  reviewed,
  reviewersAs,
  shot,
  shownInReview,
  sorted,
  type Sent,
  writeTables,
} from './story-concepts-steps.ts'
import { recordedWorkspace } from './story-concepts-workspace.ts'
import { rankedNeurons } from './story-steps.ts'
import { buttonOf, byLabel, inspector, newestIn, slider } from './story.ts'

const canary = 'sk-canary-story-0123456789-QRST'
const words = ['return', 'def', 'self', 'import', 'class']
const asked = 200
const few = 5
const k = few + 100
const view = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' } as const

let server: LlmServer
let first: Opened
let page: Page
let workspace: string
/** What the first workspace handed out. */
let handed: { concepts: string; ranking: string; review: Awaited<ReturnType<typeof exportReview>>; exported: string }

beforeAll(async () => {
  server = await startLlmServer({ key: canary, model: plantedWords(words) })
  first = await openWorkbench({ context: view })
  page = first.page
  workspace = await recordedWorkspace(first.served, 'first')
})

afterAll(async () => {
  await first?.close()
  await server?.close()
})

describe('concepts, from a server that misbehaves to a second workspace', () => {
  test('the server is connected with a key, says what it can do, and has a price', async () => {
    await goTo(page, 'settings')
    await buttonOf(page, 'Add a server…').click()
    const form = page.getByRole('dialog', { name: 'Add a server' })
    await form.getByLabel('Name', { exact: true }).fill('Lab server')
    await form.getByLabel('Address', { exact: true }).fill(server.baseUrl)
    await form.getByLabel('Chat model', { exact: true }).fill('test-model')
    await buttonOf(form, 'Add the server').click()
    const card = page.getByRole('article', { name: 'Lab server' })
    await buttonOf(card, 'Set a key').click()
    await card.getByLabel('Key of Lab server').fill(canary)
    await page.keyboard.press('Enter')
    await card.getByText('Set, ends in QRST').waitFor()
    await buttonOf(card, 'Test the connection').click()
    await card.getByRole('status').filter({ hasText: 'answers: log probabilities, scored prompts' }).waitFor()
    await shot(page, '01-connected')
    const prices = page.getByRole('region', { name: 'Prices' })
    await prices.getByLabel('Model', { exact: true }).fill('test-model')
    await prices.getByLabel('Prompt, $ per million').fill('2')
    await prices.getByLabel('Answer, $ per million').fill('8')
    await buttonOf(prices, 'Set the price').click()
    await prices.getByRole('row', { name: /^test-model/ }).waitFor()
  })

  test('200 neurons are explained through faults up to a cap, and each is accounted for', async () => {
    const dialog = await explainForm(page)
    const sent = server.log.length
    await buttonOf(dialog, 'Count tokens and cost').click()
    const estimate = dialog.getByText(/go to the server on this machine, 127\.0\.0\.1:\d+ \(test-model\)/)
    await estimate.waitFor()
    await expect
      .poll(() => dialog.getByText(/calls; .*tokens/).innerText())
      .toMatch(/^400 calls; [\d,]+ tokens .*and at most [\d,]+ in the answers; at most \$0\.\d{4}; about .+\.$/)
    expect(server.log.length).toBe(sent)
    await byLabel(page, 'Use at most, tokens').fill('120000')
    await shot(page, '02-estimate')
    const faults = explainFaults()
    server.behave(faults.behaviour)
    await buttonOf(dialog, `Explain ${asked} neurons`).click()
    await dialog.waitFor({ state: 'hidden' })
    const account = page.getByRole('alert').filter({ hasText: `Explain ${asked} neurons with test-model (summary)` })
    await account.getByText(/neurons were left out/).waitFor()
    await shot(page, '03-explained')
    expect(faults.left()).toBe(0)
    const file = newestIn(workspace, 'concepts')
    const { named, failed, skipped } = accounts(file)
    expect(new Set([...named, ...failed, ...skipped].map(({ neuron }) => neuron)).size).toBe(asked)
    expect(failed).toHaveLength(faults.lasting)
    expect(new Set(failed.map(({ text, score }) => `${text}${score}`))).toEqual(new Set(['null']))
    expect(named.length).toBeGreaterThan(60)
    expect(skipped.length).toBeGreaterThan(60)
    const told = await account.innerText()
    expect(told).toContain(`${failed.length} of ${asked} neurons got no sentence`)
    expect(told).toContain(`${skipped.length} neurons were left out`)
    server.behave(() => null)
    const [refused] = failed
    await page.evaluate((neuron) => void (location.hash = `#/neurons/${neuron}`), refused!.neuron)
    await inspector(page).getByText(refused!.reason!, { exact: true }).waitFor()

    // What was not asked about comes next; what the server kept to is left out, until it is asked anew.
    const again = await explainForm(page)
    await again.getByLabel('How many').fill(String(asked - named.length))
    await again.getByLabel('Use at most, tokens').fill('')
    await buttonOf(again, 'Count tokens and cost').click()
    await again.getByText(`${failed.length} neurons whose answer was no concept are left out.`).waitFor()
    await shot(page, '04-left-out')
    await again.getByText('Ask anew where the answer was no concept').click()
    await buttonOf(again, 'Count tokens and cost').click()
    await buttonOf(again, `Explain ${asked - named.length} neurons`).click()
    await again.waitFor({ state: 'hidden' })
    await choose(page, 'Status', 'Suggested')
    await page.getByText(`${asked} of 3,072`, { exact: true }).waitFor()
    await shot(page, '04-neurons')
    const rest = accounts(newestIn(workspace, 'concepts'))
    const ids = (concepts: readonly Concept[]) => sorted(concepts.map(({ neuron }) => neuron))
    expect(ids(rest.named)).toEqual(ids([...skipped, ...failed]))
    expect(server.paidTwice()).toEqual([])
  })

  test('concepts are reviewed by single keys, and undo takes one back', async () => {
    const dialog = await reviewersAs(page, 'Ada')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const press = async (...keys: string[]) => {
      const neuron = await reviewed(page)
      for (const key of keys) await page.keyboard.press(key)
      return neuron
    }
    const gone = async (neuron: string) => {
      await expect.poll(() => shownInReview(page)).not.toBe(neuron)
    }
    await gone(await press('a'))
    const edited = await press('e')
    await byLabel(page, `Concept of ${edited}`).fill('endings of the past tense')
    await page.keyboard.press('Enter')
    await gone(edited)
    await gone(await press('r'))
    await gone(await press('s'))
    await gone(await press('p', 'j'))
    await gone(await press('n', 'j'))
    const undone = await press('a')
    await gone(undone)
    await page.keyboard.press('u')
    await expect.poll(() => shownInReview(page)).toBe(undone)
    await expect.poll(() => page.getByRole('progressbar', { name: 'Reviewed' }).getAttribute('aria-valuenow')).toBe('3')
    await shot(page, '05-reviewed')
  })

  test('neurons are ranked for what is to be forgotten, and the list follows an edit', async () => {
    await goTo(page, 'forget')
    const side = page.locator('#extract-forget-concepts')
    await choose(page, 'Preset', 'paper', side)
    await buttonOf(side, 'Count tokens and cost').click()
    await buttonOf(side, 'Ask for forget concepts').click()
    await page.getByRole('grid', { name: 'Forget concepts' }).getByText(sentenceOf('self')).waitFor()
    await addForgetConcept(page, 'words about bread')
    await shot(page, '06-forget')
    await rankAndCut(page, few)
    const last = rankedNeurons(newestIn(workspace, 'rankings')).at(-1)!.neuron
    await previewAt(page, few)
    await shot(page, '07-ranked')
    await page.evaluate((neuron) => void (location.hash = `#/review/${neuron}`), last)
    await page.getByRole('group', { name: last, exact: true }).getByText('Where it is active').waitFor()
    await page.keyboard.press('e')
    await byLabel(page, `Concept of ${last}`).fill('words about bread')
    await page.keyboard.press('Enter')
    await buttonOf(page, 'Rank again').click()
    await expect.poll(() => rankedNeurons(newestIn(workspace, 'rankings'))[0]!.neuron).toBe(last)
    await goTo(page, 'prune')
    // The pinned one goes first whatever its score.
    await expect.poll(async () => (await atTheCut(page))[1]).toBe(`2 ${last}`)
    const small = await previewAt(page, few)
    await slider(page).focus()
    await page.keyboard.press('Shift+PageUp')
    expect(await previewAt(page, k)).not.toEqual(small)
    await shot(page, '08-slider')
  })

  test('the pruned model, the concepts, the review and the ranking are handed out', async () => {
    const exported = await exportPlan(page, 'story')
    await shot(page, '09-export')
    const [concepts, history, ranking] = await writeTables(page, [
      'Concepts in use',
      'History of the review',
      'A ranking',
    ])
    const dialog = await reviewersAs(page, 'Ada')
    const review = await exportReview(page, dialog, 'Ada')
    handed = { concepts: concepts!, ranking: ranking!, review, exported }
    const edits = linesOf<{ author: string; what: string; undone: boolean }>(history!).filter(
      ({ author }) => author === 'Ada',
    )
    expect(edits.map(({ what }) => what.split(/[ :]/)[0])).toEqual([
      'Accepted',
      'Edited',
      'Rejected',
      'Skipped',
      'Pinned',
      'Pinned',
      'Accepted',
      'Edited',
    ])
    expect(edits.map(({ undone }) => undone)).toEqual([false, false, false, false, false, false, true, false])
  })

  test('the ledger is the log of the server, and the key is nowhere', async () => {
    await goTo(page, 'settings')
    const ledger = page.getByRole('region', { name: 'Requests sent' })
    const sum = ledger.getByRole('row', { name: /^Sum/ })
    await expect.poll(async () => (await sum.innerText()).split(/\s+/)[1]).toBe(String(server.log.length))
    await ledger.scrollIntoViewIfNeeded()
    await shot(page, '10-ledger')
    await buttonOf(ledger, 'Export as JSONL').click()
    const written = ledger.getByText(/^Wrote \d+ requests/)
    await written.waitFor()
    const entries = linesOf<Sent>(/\S+\.jsonl/.exec(await written.innerText())![0])
    expect(entries).toHaveLength(server.log.length)
    expect(entries.filter(({ outcome }) => outcome === 'answered')).toHaveLength(
      server.log.filter(({ paid }) => paid).length,
    )
    const total = (of: (entry: Sent) => number | null) => entries.reduce((all, entry) => all + (of(entry) ?? 0), 0)
    expect((await sum.innerText()).split(/\s+/).slice(2)).toEqual([
      total(({ promptTokens }) => promptTokens).toLocaleString('en-US'),
      total(({ completionTokens }) => completionTokens).toLocaleString('en-US'),
      `$${total(({ cost }) => cost).toFixed(4)}`,
    ])
    const answers = page.getByRole('region', { name: 'Answers kept' })
    await buttonOf(answers, 'Clear answers…').click()
    const sure = page.getByRole('dialog', { name: 'Clear answers' })
    await sure.getByText(/What is asked again is sent again, and paid again/).waitFor()
    await shot(page, '10-clear-answers')
    await buttonOf(sure, 'Clear answers').click()
    await answers.getByText(/^Deleted [1-9][\d,]* answers/).waitFor()
    await answers.getByText(/^0 answers \(0 B\)/).waitFor()
    expect(await page.content()).not.toContain('canary-story')
    expect(first.served.errors()).not.toContain('canary-story')
    expect(filesWith(first.served.home, 'canary-story')).toEqual([])
    expect(first.problems()).toEqual([])
  })

  test('a second workspace takes it all in and ends with the same results', async () => {
    const sent = server.log.length
    const second = await openWorkbench({ context: view })
    try {
      page = second.page
      const folder = await recordedWorkspace(second.served, 'second')
      await goTo(page, 'neurons')
      await buttonOf(page, 'Import, export…').click()
      const form = page.getByRole('dialog', { name: 'Import and export' })
      await buttonOf(form, 'Choose a file of concepts…').click()
      await goToFile(page, handed.concepts)
      const add = buttonOf(form, /^Add \d+ concepts$/)
      await add.waitFor()
      await shot(page, '11-import')
      await add.click()
      await add.waitFor({ state: 'detached' })
      await buttonOf(form, 'Choose a file of neurons…').click()
      await goToFile(page, newestIn(workspace, 'plans'))
      await byLabel(page, 'Name of the plan').fill('theirs')
      await buttonOf(form, 'Save as a plan').click()
      await buttonOf(form, 'Save as a plan').waitFor({ state: 'detached' })
      expect(neuronsOf(newestIn(folder, 'plans'))).toEqual(neuronsOf(newestIn(workspace, 'plans')))
      await page.keyboard.press('Escape')
      const dialog = await reviewersAs(page, 'Ada')
      await buttonOf(dialog, 'Compare with another reviewer’s file…').click()
      await goToFile(page, handed.review.path)
      await shot(page, '12-merge')
      await buttonOf(dialog, /^Merge into \d+ neurons$/).click()
      await dialog.waitFor({ state: 'detached' })
      await goTo(page, 'forget')
      for (const text of [...words.map(sentenceOf), 'words about bread']) await addForgetConcept(page, text)
      await rankAndCut(page, k)
      const exported = await exportPlan(page, 'story')
      const [concepts, ranking] = await writeTables(page, ['Concepts in use', 'A ranking'])
      const review = await exportReview(page, await reviewersAs(page, 'Ada'), 'Ada')
      await shot(page, '13-second')

      const said = (path: string) =>
        linesOf<Concept>(path).map(({ neuron, text, author, status }) => [neuron, text, author, status])
      expect(said(concepts!)).toEqual(said(handed.concepts))
      expect(opinionsOf(review.lines)).toEqual(opinionsOf(handed.review.lines))
      expect(linesOf<RankedNeuron>(ranking!)).toEqual(linesOf<RankedNeuron>(handed.ranking))
      const manifests = [exported, handed.exported].map(
        (place) => JSON.parse(readFileSync(join(place, 'story.manifest.json'), 'utf8')) as { planHash: string },
      )
      expect(manifests[0]!.planHash).toBe(manifests[1]!.planHash)
      const [mine, theirs] = [exported, handed.exported].map((place) => readFileSync(join(place, 'story.onnx')))
      expect(mine!.equals(theirs!)).toBe(true)
      expect(server.log.length).toBe(sent)
      expect(filesWith(second.served.home, 'canary-story')).toEqual([])
      expect(second.problems()).toEqual([])
    } finally {
      await second.close()
    }
  })
})
