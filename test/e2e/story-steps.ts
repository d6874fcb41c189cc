import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { wordsOf } from '../../src/renderer/components/measure-words.ts'
import { formatCount, formatNumber } from '../../src/renderer/components/numbers.ts'
import {
  brokenLine,
  byLabel,
  demoData,
  inspector,
  model,
  newestIn,
  preview,
  side,
  slider,
  snip,
  type Story,
  usableRows,
} from './story.ts'

/** The import form tells rows, documents, and the line of the one row that is left out with its reason. */
export async function expectBrokenRow(page: Page): Promise<void> {
  const form = page.getByRole('form', { name: 'Import' })
  await form.getByText(`${usableRows} rows, ${usableRows} documents in use`).waitFor()
  await form.getByText('1 row is left out').waitFor()
  const cells = form.getByRole('grid', { name: 'Rows left out' }).getByRole('gridcell')
  await expect.poll(() => cells.first().innerText()).toBe(String(brokenLine))
  await expect.poll(() => cells.nth(1).innerText()).toMatch(/quote/i)
}

/** The recording is done and its evidence is shown. */
export async function expectRecording(page: Page, name: string): Promise<void> {
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Recording whose evidence is shown' }).inputValue())
    .toBe(name)
}

interface NeuronFacts {
  readonly tokens: number
  readonly freq: number
  readonly meanAbs: number
  readonly rms: number
  readonly mean: number
  readonly stdPopulation: number
  readonly max: number
  readonly windows: readonly { tokenStart: number }[]
}

/** The open page of a neuron shows the numbers that `snip neuron` reads from the recording's folder, digit for digit. */
export async function expectNeuronNumbers(story: Story, neuron: string, tokens: number): Promise<void> {
  const known = await snip<NeuronFacts>(story, 'neuron', newestIn(story.workspace, 'recordings'), neuron)
  expect(known.tokens).toBe(tokens)
  const page = inspector(story.page)
  await page.getByText('Where it is active').waitFor()
  await expect.poll(() => page.getByText(`of ${formatCount(tokens)} tokens`).count()).toBe(1)
  const facts = page.locator('dl')
  for (const name of ['meanAbs', 'rms', 'mean', 'stdPopulation', 'max'] as const) {
    await expect
      .poll(() => facts.getByTitle(String(known[name]), { exact: true }).count(), { message: name })
      .toBeGreaterThan(0)
  }
  await expect.poll(() => page.getByTitle(String(known.freq), { exact: true }).count()).toBeGreaterThan(0)
  const best = known.windows[0]
  if (best)
    await expect.poll(() => page.getByLabel(`token ${formatCount(best.tokenStart)}:`).count()).toBeGreaterThan(0)
}

/** Neurons of a ranking file, best candidate first. */
export function rankedNeurons(file: string): { neuron: string; score: number }[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as { neuron: string; score: number })
}

/** k, percent, the layers and the neurons at the cut are those of the ranking, with the pinned ones first. */
export async function expectCut(
  page: Page,
  order: readonly { neuron: string; score: number | null }[],
  k: number,
  neuronCount: number,
): Promise<void> {
  const percent = Number(((100 * k) / neuronCount).toPrecision(3))
  await expect
    .poll(() => slider(page).getAttribute('aria-valuetext'))
    .toBe(`${formatCount(k)} of ${formatCount(neuronCount)} neurons (${percent} %)`)
  await expect.poll(() => byLabel(page, 'Number of neurons').inputValue()).toBe(String(k))
  await expect.poll(async () => Number(await byLabel(page, 'Percent of all neurons').inputValue())).toBe(percent)
  const wanted = order.slice(Math.max(0, k - 7), k + 7).map(({ neuron, score }, at) => {
    const rank = formatCount(Math.max(0, k - 7) + at + 1)
    // A score is kept in single precision.
    return [rank, neuron, score === null ? 'pinned' : formatNumber(Math.fround(score))].join(' ')
  })
  const margin = page.getByRole('region', { name: 'At the cut' }).locator('tbody tr:not(:has(td[colspan]))')
  await expect
    .poll(async () =>
      (await margin.all()).length === wanted.length
        ? Promise.all(
            (await margin.all()).map(async (row) => (await row.locator('td').allInnerTexts()).slice(0, 3).join(' ')),
          )
        : [],
    )
    .toEqual(wanted)
  const byLayer = new Map<string, number>()
  for (const { neuron } of order.slice(0, k)) {
    const [site, layer] = neuron.split(':')
    byLayer.set(`${site} ${layer}`, (byLayer.get(`${site} ${layer}`) ?? 0) + 1)
  }
  const layers = page.getByRole('region', { name: 'What goes, by layer' }).locator('tbody tr')
  const goes = async () =>
    Promise.all(
      (await layers.all()).map(async (row) => [
        await row.getByRole('rowheader').innerText(),
        await row.locator('td').nth(1).innerText(),
      ]),
    )
  const names = [0, 1, 2, 3].map((layer) => `mlp ${layer}`)
  await expect.poll(goes).toEqual(names.map((name) => [name, `${byLayer.get(name) ?? 0} of 768`]))
}

/** The preview has followed to k and tells the change of both sides with its interval. */
export async function expectPreview(page: Page, k: number): Promise<void> {
  await expect
    .poll(() => preview(page).getByRole('status').first().innerText())
    .toMatch(new RegExp(`^k = ${formatCount(k)}, \\d+\\.\\d\\d s$`))
  const sides = async () =>
    (await preview(page).locator('tbody tr').allInnerTexts()).map(
      (text) => /^(Forget|Retain)\s[\s\S]*?[+−]?\d[\d.]*.*\[.*\]/.exec(text)?.[1],
    )
  await expect.poll(sides).toEqual(expect.arrayContaining(['Forget', 'Retain']))
}

interface Measured {
  readonly results: Readonly<
    Record<string, { ok: boolean; value: number; ci: { low: number; high: number }; n: number }>
  >
}

export interface MeasuredSet {
  readonly name: string
  /** Arguments of `snip evaluate` that name the data and how it is read. */
  readonly data: readonly string[]
}

export function measureRows(page: Page): Locator {
  return page.getByRole('table', { name: /^Measures of / }).locator('tbody tr')
}

/** Every number of the table, all its digits, is what `snip evaluate` says of the saved plan on the same data. */
export async function expectMeasures(story: Story, plan: string, tokens: number, sets: MeasuredSet[]): Promise<void> {
  for (const { name, data } of sets) {
    const evaluated = (extra: string[]) =>
      snip<Measured>(story, 'evaluate', model, ...data, '--tokens', String(tokens), '--seed', '1', ...extra)
    const [original, unlearned] = await Promise.all([evaluated([]), evaluated(['--plan', plan])])
    expect(Object.keys(original.results).length).toBe(5)
    for (const id of Object.keys(original.results)) {
      const row = measureRows(story.page)
        .filter({ has: story.page.getByRole('rowheader', { name, exact: true }) })
        .filter({ has: story.page.getByRole('cell', { name: wordsOf(id).name, exact: true }) })
      const numbers = row.locator('td[data-number]:visible button span[title]')
      const titles = () => numbers.evaluateAll((all) => all.slice(1).map((one) => one.getAttribute('title')))
      const digits = ({ results }: Measured) => {
        const { value, ci } = results[id]!
        return `${value} [${ci.low}, ${ci.high}]`
      }
      await expect.poll(titles, { message: `${name} ${id}` }).toEqual([digits(original), digits(unlearned)])
    }
  }
}

/** The number that was opened shows its ten windows. */
export async function expectExamples(page: Page): Promise<void> {
  const examples = page.getByRole('complementary', { name: /^Examples: evaluate-code/ })
  await examples.getByText(/^10 windows, .*, largest change first$/).waitFor()
  await expect.poll(() => examples.getByRole('article').count()).toBe(10)
}

/** Tokens that both models write. */
export const continued = 48

/** Both continuations are what `snip generate` writes with the same settings. */
export async function expectContinuations(story: Story, prompt: string, plan: string) {
  const settings = ['--max-new', String(continued), '--temperature', '0.8', '--seed', '7']
  const written = async (extra: string[]) =>
    (await snip<{ text: string }>(story, 'generate', model, '--prompt', prompt, ...settings, ...extra)).text
  const [original, unlearned] = await Promise.all([written([]), written(['--plan', plan])])
  await expect.poll(() => side(story.page, 'original').textContent()).toBe(prompt + original)
  await expect.poll(() => side(story.page, 'unlearned').textContent()).toBe(prompt + unlearned)
  return { original, unlearned }
}

async function logprobsOf(story: Story, file: string, text: string, extra: string[] = []): Promise<readonly number[]> {
  const { logprobs } = await snip<{ logprobs: number[] }>(story, 'logprobs', file, '--text', text, ...extra)
  return logprobs
}

/** Log-probabilities of a text, without and with a plan. */
export async function logprobsByCommand(story: Story, text: string, plan: string) {
  const [original, unlearned] = await Promise.all([
    logprobsOf(story, model, text),
    logprobsOf(story, model, text, ['--plan', plan]),
  ])
  return { original, unlearned }
}

/** The receipt says that the file was verified, and the file gives the log-probabilities that were shown. */
export async function expectExported(
  story: Story,
  name: string,
  text: string,
  shown: readonly (number | null)[],
  allowed: number,
): Promise<void> {
  const { page } = story
  await page.getByRole('heading', { name: `Receipt: ${name}.onnx` }).waitFor()
  await page.getByText('Verified: the written file was loaded again and equals what was shown here').waitFor()
  const file = join(await page.locator('dd.mono').innerText(), `${name}.onnx`)
  const exported = await logprobsOf(story, file, text)
  expect(largestDifference(exported, shown.slice(1) as number[]), name).toBeLessThanOrEqual(allowed)
}

/** The page has drawn what its events changed. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** The numbers of a text that Compare has put on the clipboard. */
export async function copied(page: Page): Promise<ReturnType<typeof readCopied>> {
  const text = () => page.evaluate(() => navigator.clipboard.readText())
  await expect.poll(text).toContain('\t')
  return readCopied(await text())
}

/** Numbers of a text as Compare hands them out on copy: one line per token. */
function readCopied(text: string): { original: (number | null)[]; unlearned: (number | null)[] } {
  const [, ...lines] = text.trimEnd().split('\n')
  const column = (at: number) =>
    lines.map((line) => {
      const cell = line.split('\t')[at] ?? ''
      return cell === '' ? null : Number(cell)
    })
  return { original: column(1), unlearned: column(2) }
}

/** Largest difference between two lists of the same length. */
function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length)
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0)
}

/** Counts how often the text of the unlearned side grows, for seeing that tokens are shown as they come. */
export async function watchGrowth(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const seen = new Set<number>()
    const look = () => {
      const box = document.querySelector('[aria-label="Continuations, original and unlearned"] [aria-busy=true]')
      if (box) seen.add(box.textContent.length)
    }
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
    Object.assign(window, { snipSeen: seen })
  })
  return () => page.evaluate(() => (window as unknown as { snipSeen: Set<number> }).snipSeen.size)
}

export const dataSets = (table: string): MeasuredSet[] => [
  {
    name: 'evaluate-code',
    data: ['--metric', 'lm', '--data', join(demoData, 'evaluate-code.txt')],
  },
  {
    name: 'stories',
    data: ['--metric', 'lm', '--data', resolve(table), '--text-column', 'text'],
  },
]
