import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Concept } from '../../src/contract/files.ts'
import { goTo } from './prune-page.ts'
import { buttonOf, byLabel, preview, slider } from './story.ts'

/** Pictures of a step in light and dark, where SNIP_SHOTS names a folder for them. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['SNIP_SHOTS']
  if (folder === undefined) return
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' })
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
  }
}

export async function choose(page: Page, label: string, option: string, within: Page | Locator = page): Promise<void> {
  await within.getByRole('combobox', { name: label, exact: true }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

/** Opens the form in which a language model explains neurons, with the cheaper explainer and a scorer of one call. */
export async function explainForm(page: Page): Promise<Locator> {
  await goTo(page, 'neurons')
  await buttonOf(page, 'Explain neurons…').click()
  const dialog = page.getByRole('dialog', { name: 'Explain neurons' })
  await dialog.getByText('A language model', { exact: true }).click()
  await choose(page, 'Explainer', 'Excerpts and their strongest tokens', dialog)
  await choose(page, 'Scorer', 'Detection', dialog)
  return dialog
}

/** The neuron on the screen in Review, when it can be judged. */
export async function reviewed(page: Page): Promise<string> {
  await page.getByRole('group', { name: /^mlp:/ }).getByText('Where it is active').waitFor()
  return shownInReview(page)
}

export async function shownInReview(page: Page): Promise<string> {
  return (await page.getByRole('group', { name: /^mlp:/ }).getAttribute('aria-label')) ?? ''
}

export async function addForgetConcept(page: Page, text: string): Promise<void> {
  await page.getByLabel('New forget concept').fill(text)
  await page.keyboard.press('Enter')
  await page.getByRole('grid', { name: 'Forget concepts' }).getByText(text).waitFor()
}

/** Ranks by SNIP with the model's own embeddings, and cuts after the first `k`. */
export async function rankAndCut(page: Page, k: number): Promise<void> {
  await goTo(page, 'prune')
  await buttonOf(page, 'Choose a method').click()
  const dialog = page.getByRole('dialog', { name: 'New ranking' })
  await choose(page, 'Method', 'SNIP: concept similarity', dialog)
  await buttonOf(dialog, /^Rank neurons by/).click()
  await slider(page).waitFor()
  await byLabel(page, 'Number of neurons').fill(String(k))
  await page.keyboard.press('Enter')
  await expect.poll(() => slider(page).getAttribute('aria-valuenow')).toBe(String(k))
}

/** Changes of the measures as the preview shows them at a cut. */
export async function previewAt(page: Page, k: number): Promise<string[]> {
  await expect.poll(() => preview(page).getByRole('status').first().innerText()).toMatch(new RegExp(`^k = ${k}, `))
  return preview(page).locator('tbody tr').allInnerTexts()
}

/** Neurons on the two sides of the cut, in order, with their concepts. */
export async function atTheCut(page: Page): Promise<string[]> {
  const rows = page.getByRole('region', { name: 'At the cut' }).locator('tbody tr:not(:has(td[colspan]))')
  return (await rows.allInnerTexts()).map((text) => text.split(/\s+/).slice(0, 2).join(' '))
}

/** Keeps the cut as a plan and writes the pruned model. Returns the folder of the export. */
export async function exportPlan(page: Page, name: string): Promise<string> {
  await buttonOf(page, 'Save plan').click()
  await byLabel(page, 'Name of the plan').fill(name)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await goTo(page, 'export')
  await choose(page, 'Plan', `Plan: ${name}`)
  await byLabel(page, 'Name').fill(name)
  await buttonOf(page, /^Export without \d+ neurons$/).click()
  await page.getByText('Verified: the written file was loaded again').waitFor()
  return page.locator('dd.mono').innerText()
}

/** Writes tables as JSON Lines in the form that is open. Returns their paths. */
export async function writeTables(page: Page, tables: readonly string[]): Promise<string[]> {
  await goTo(page, 'neurons')
  await buttonOf(page, 'Import, export…').click()
  const dialog = page.getByRole('dialog', { name: 'Import and export' })
  await choose(page, 'Format', 'JSON Lines', dialog)
  const paths: string[] = []
  for (const table of tables) {
    await choose(page, 'Table', table, dialog)
    await buttonOf(dialog, 'Write table').click()
    const path = async () => /rows written to\s*(\S+\.jsonl)/.exec(await dialog.innerText())?.[1] ?? paths.at(-1)
    await expect.poll(path).not.toBe(paths.at(-1))
    paths.push((await path())!)
  }
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  return paths
}

/** Opens what is said about reviewers, under a name. */
export async function reviewersAs(page: Page, name: string): Promise<Locator> {
  await page.keyboard.press('Alt+9')
  await reviewed(page)
  await buttonOf(page, /^Reviewing as /).click()
  const dialog = page.getByRole('dialog', { name: 'Reviewers' })
  await dialog.getByLabel('Your name').fill(name)
  await page.keyboard.press('Enter')
  await buttonOf(dialog, `Export the review of ${name}`).waitFor()
  return dialog
}

/** Writes one's own review in that window. Returns its lines, without the first that names the model, and its path. */
export async function exportReview(page: Page, dialog: Locator, name: string) {
  await buttonOf(dialog, `Export the review of ${name}`).click()
  const written = dialog.getByRole('status').filter({ hasText: /^Wrote / })
  await written.waitFor()
  const path = (await written.innerText()).split(': ').at(-1)!
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  return { path, lines: linesOf<Record<string, unknown>>(path).slice(1) }
}

/** Names a file in the window that asks for one, which stands above another. */
export async function goToFile(page: Page, path: string): Promise<void> {
  const box = page.getByLabel('Path; Enter goes there')
  await box.waitFor()
  await page.getByRole('listbox', { name: 'Files and folders' }).and(page.locator(':not([aria-busy=true])')).waitFor()
  await box.fill(path)
  await box.press('Enter')
}

export function linesOf<T>(path: string): T[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

/** Files below a folder that hold a text, in any encoding that keeps ASCII. */
export function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(text))
    .map(({ name }) => name)
}

/** A line of the ledger. */
export interface Sent {
  readonly promptTokens: number | null
  readonly completionTokens: number | null
  readonly cost: number | null
  readonly outcome: string
}

/** What became of the neurons of a run. */
export function accounts(file: string) {
  const lines = linesOf<Concept>(file)
  const isSkipped = ({ reason }: Concept) => reason?.startsWith('Skipped: ') === true
  const failed = lines.filter((line) => line.status === 'failed' && !isSkipped(line))
  return { named: lines.filter(({ status }) => status !== 'failed'), failed, skipped: lines.filter(isSkipped) }
}

export function neuronsOf(plan: string): string[] {
  return sorted((JSON.parse(readFileSync(plan, 'utf8')) as { neurons: string[] }).neurons)
}

export function sorted(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => (a < b ? -1 : 1))
}

/** What a review says of each neuron. */
export function opinionsOf(lines: readonly Record<string, unknown>[]): unknown[][] {
  const fields = ['neuron', 'text', 'edited', 'verdict', 'author', 'at', 'note', 'pin']
  return lines.map((line) => fields.map((field) => line[field]))
}
