import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { wordsOf } from '../../src/renderer/components/measure-words.ts'
import { formatCount, formatNumber } from '../../src/renderer/components/numbers.ts'
import { openWorkbench, type Opened } from '../support/browser.ts'

const root = process.cwd()
export const model = join(root, 'resources/demo/model')
export const demoData = join(root, 'resources/demo/data')

/** A workbench in Chromium at its first-run screen, and the files of the story beside it. */
export interface Story {
  readonly workbench: Opened
  readonly page: Page
  /** Where the demo workspace will lie. */
  readonly workspace: string
  /** The data set of the story: a table with one row that cannot be used. */
  readonly table: string
}

export async function openStory(): Promise<Story> {
  const workbench = await openWorkbench({
    asBuilt: process.env['SNIP_AS_BUILT'] === '1',
    context: {
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    },
  })
  const folder = join(workbench.served.home, 'tables')
  mkdirSync(folder)
  const table = join(folder, 'stories.csv')
  writeFileSync(table, storyTable())
  return {
    workbench,
    page: workbench.page,
    workspace: join(workbench.served.home, 'data/snip-workbench/demo'),
    table,
  }
}

/** Rows of the table that can be used, and the line on which the one lies that cannot. */
export const usableRows = 40
export const brokenLine = 14

/** A table whose third row has a line break inside, so that rows and lines do not go together, and line 14 is torn. */
function storyTable(): string {
  const sentences = readFileSync(join(demoData, 'retain-prose.txt'), 'utf8')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('"', "'")
    .split(/(?<=[.!?]) /)
    .filter((sentence) => sentence.length > 60)
  const rows = Array.from({ length: usableRows }, (_, at) => `${at + 1},"${sentences[at]}"`)
  rows[2] = '3,"First line of the third row\nand its second line, which goes on for a while."'
  // The heading is line 1 and the third row takes two lines: the twelfth row stands on line 14.
  rows.splice(11, 0, '99,"torn" in the middle')
  return `id,text\n${rows.join('\n')}\n`
}

/** A picture of the page after a step that failed, where SNIP_SHOTS names a folder for it. */
export async function shotOfFailure(page: Page, task: { name: string; result?: { state: string } | undefined }) {
  const folder = process.env['SNIP_SHOTS']
  if (folder === undefined || task.result?.state !== 'fail') return
  await page.screenshot({ path: join(folder, `${task.name.replaceAll(/\W+/g, '-').slice(0, 60)}.png`) })
}

/** Asks again until the page says so; the machine may be busy with other things. */
export function expectSoon<T>(ask: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(ask, { timeout: 30_000 })
}

const run = promisify(execFile)

/** What the command line answers, as JSON, run in the workbench's own data folder. */
export async function snip<T>(story: Story, ...args: string[]): Promise<T> {
  const { home } = story.workbench.served
  const places = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_DATA_HOME: join(home, 'data') }
  const { stdout } = await run(process.execPath, [join(root, 'bin/snip.js'), ...args, '--json', '--quiet'], {
    env: { ...process.env, ...places, SNIP_DATA_HOME: '' },
    maxBuffer: 1 << 28,
  })
  return JSON.parse(stdout) as T
}

/** The entry of a folder that was made last, apart from files that are still being written. */
export function newestIn(...parts: string[]): string {
  const folder = join(...parts)
  const [newest] = readdirSync(folder)
    .filter((name) => /^[\w-][\w.-]*$/.test(name) && !/\.(?!jsonl?$)[^.]*$/.test(name))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  return newest!
}

export function byLabel(page: Page, name: string): Locator {
  return page.getByLabel(name, { exact: true })
}

export function inspector(page: Page): Locator {
  return page.getByRole('complementary', { name: /^(mlp|attention):/ })
}

export function slider(page: Page): Locator {
  return page.getByRole('slider', { name: 'Neurons to prune' })
}

/** The continuation of one model in Compare. */
export function side(page: Page, name: 'original' | 'unlearned'): Locator {
  return page.locator(`main [data-side="${name}"][dir]`)
}

export function preview(page: Page): Locator {
  return page.getByRole('region', { name: 'Preview', exact: true })
}

/** The import form tells rows, documents, and the line of the one row that is left out with its reason. */
export async function expectBrokenRow(page: Page): Promise<void> {
  const form = page.getByRole('form', { name: 'Import' })
  await form.getByText(`${usableRows} rows, ${usableRows} documents in use`).waitFor()
  await form.getByText('1 row is left out').waitFor()
  const cells = form.getByRole('grid', { name: 'Rows left out' }).getByRole('gridcell')
  const [line, reason] = await cells.allInnerTexts()
  expect(line).toBe(String(brokenLine))
  expect(reason).toMatch(/quote/i)
}

/** The recording is done and its evidence is shown. */
export async function expectRecording(page: Page, name: string): Promise<void> {
  await expectSoon(() => page.getByRole('combobox', { name: 'Recording whose evidence is shown' }).inputValue()).toBe(
    name,
  )
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
  await expectSoon(() => page.getByText(`of ${formatCount(tokens)} tokens`).count()).toBe(1)
  const facts = page.locator('dl')
  for (const name of ['meanAbs', 'rms', 'mean', 'stdPopulation', 'max'] as const) {
    expect(await facts.getByTitle(String(known[name]), { exact: true }).count(), name).toBeGreaterThan(0)
  }
  expect(await page.getByTitle(String(known.freq), { exact: true }).count()).toBeGreaterThan(0)
  const best = known.windows[0]
  if (best) expect(await page.getByLabel(`token ${formatCount(best.tokenStart)}:`).count()).toBeGreaterThan(0)
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
  await expectSoon(() => slider(page).getAttribute('aria-valuetext')).toBe(
    `${formatCount(k)} of ${formatCount(neuronCount)} neurons (${percent} %)`,
  )
  expect(await byLabel(page, 'Number of neurons').inputValue()).toBe(String(k))
  expect(Number(await byLabel(page, 'Percent of all neurons').inputValue())).toBe(percent)
  const wanted = order.slice(Math.max(0, k - 7), k + 7).map(({ neuron, score }, at) => {
    const rank = formatCount(Math.max(0, k - 7) + at + 1)
    // A score is kept in single precision.
    return [rank, neuron, score === null ? 'pinned' : formatNumber(Math.fround(score))].join(' ')
  })
  const margin = page.getByRole('region', { name: 'At the cut' }).locator('tbody tr:not(:has(td[colspan]))')
  await expectSoon(async () =>
    (await margin.all()).length === wanted.length
      ? Promise.all(
          (await margin.all()).map(async (row) => (await row.locator('td').allInnerTexts()).slice(0, 3).join(' ')),
        )
      : [],
  ).toEqual(wanted)
  const byLayer = new Map<string, number>()
  for (const { neuron } of order.slice(0, k)) {
    const [site, layer] = neuron.split(':')
    byLayer.set(`${site} ${layer}`, (byLayer.get(`${site} ${layer}`) ?? 0) + 1)
  }
  const layers = page.getByRole('region', { name: 'What goes, by layer' }).locator('tbody tr')
  for (const row of await layers.all()) {
    const name = await row.getByRole('rowheader').innerText()
    expect(await row.locator('td').nth(1).innerText(), name).toBe(`${byLayer.get(name) ?? 0} of 768`)
  }
  expect(await layers.count()).toBe(4)
}

/** The preview has followed to k and tells the change of both sides with its interval. */
export async function expectPreview(page: Page, k: number): Promise<void> {
  await expectSoon(() => preview(page).getByRole('status').first().innerText()).toMatch(
    new RegExp(`^k = ${formatCount(k)}, \\d+\\.\\d\\d s$`),
  )
  const rows = await preview(page).locator('tbody tr').allInnerTexts()
  const sides = rows.map((text) => /^(Forget|Retain)\s[\s\S]*?[+−]?\d[\d.]*.*\[.*\]/.exec(text)?.[1])
  expect(sides).toContain('Forget')
  expect(sides).toContain('Retain')
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
      const titles = await row
        .locator('td[data-number]:visible button span[title]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('title')))
      const digits = ({ results }: Measured) => {
        const { value, ci } = results[id]!
        return `${value} [${ci.low}, ${ci.high}]`
      }
      expect(titles.slice(1), `${name} ${id}`).toEqual([digits(original), digits(unlearned)])
    }
  }
}

export interface Logprobs {
  readonly ids: readonly number[]
  readonly logprobs: readonly number[]
}

/** Numbers of a text as Compare hands them out on copy: one line per token. */
export function readCopied(text: string): { original: (number | null)[]; unlearned: (number | null)[] } {
  const [, ...lines] = text.trimEnd().split('\n')
  const column = (at: number) =>
    lines.map((line) => {
      const cell = line.split('\t')[at] ?? ''
      return cell === '' ? null : Number(cell)
    })
  return { original: column(1), unlearned: column(2) }
}

/** Largest difference between two lists of the same length. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
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
