import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export type ColorScheme = 'light' | 'dark'

const rulesOfColour = ['color-contrast', 'link-in-text-block']

/** What axe finds in a part of the page in both colour schemes: scheme, rule and the first element of each. */
export async function axeFindings(page: Page, within = 'main'): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached' })
    // What the second scheme changes is colours.
    const rules = colorScheme === 'light' ? null : rulesOfColour
    found.push(...(await axeFindingsAsShown(page, within, rules)).map((text) => `${colorScheme}: ${text}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

/** What axe finds in a part of the page as it is shown now, by all of its rules or by those that are named. */
export async function axeFindingsAsShown(
  page: Page,
  within = 'html',
  rules: readonly string[] | null = null,
): Promise<string[]> {
  await page.waitForFunction(isAtRest)
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axeSource)
  const options = {
    resultTypes: ['violations'],
    ...(rules === null ? {} : { runOnly: { type: 'rule', values: rules } }),
  }
  const run = async ([selector, wanted]: readonly [string, object]) => {
    type Found = { violations: { id: string; nodes: { html: string }[] }[] }
    const { axe } = window as unknown as { axe: { run(root: Element | null, options: object): Promise<Found> } }
    const { violations } = await axe.run(document.querySelector(selector), wanted)
    return violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]?.html.slice(0, 200)}`)
  }
  return page.evaluate(run, [within, options] as const)
}

/** True in a page where nothing fades or moves but what turns for ever. */
function isAtRest(): boolean {
  return document
    .getAnimations()
    .every(({ playState, effect }) => playState !== 'running' || effect?.getComputedTiming().endTime === Infinity)
}
