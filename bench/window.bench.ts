import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { applyPins } from '../src/core/ranking/pinned-order.ts'
import { createNeuronSpace } from '../src/core/ranking/neuron-space.ts'
import { orderFlats } from '../src/core/ranking/order.ts'
import { createRandom } from '../src/core/stats/random.ts'
import { openWorkbench, type Opened } from '../test/support/browser.ts'
import { endChromium } from '../test/support/chromium.ts'
import { spread } from './harness/alternate.ts'
import { largeNeurons, makeLargeWorkspace } from './harness/large-workspace.ts'
import { readOptions, report, type Target } from './harness/report.ts'
import { reviewKeys } from './harness/review-keys.ts'

const { quick } = readOptions()
const repeats = quick ? 5 : 15
const viewport = { width: 1440, height: 900 }

/** Reports times or rates of one kind. */
function amounts(name: string, unit: string, values: readonly number[], target: Target | null): void {
  report({ kind: 'amount', name, unit, value: spread(values), count: values.length, target })
}

const atMost = (value: number): Target => ({ relation: 'at most', value })

async function go(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => void (location.hash = to), hash)
}

/** From a reload to the first paint with contents, the program warm. */
async function firstPaint({ page }: Opened): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < repeats; i++) {
    await page.reload()
    await page.waitForSelector('main')
    const ms = await page.evaluate(
      () =>
        new Promise<number>((seen) =>
          new PerformanceObserver((list) => {
            const entry = list.getEntriesByName('first-contentful-paint')[0]
            if (entry) seen(entry.startTime)
          }).observe({ type: 'paint', buffered: true }),
        ),
    )
    times.push(ms)
  }
  amounts('first contentful paint, warm', 'ms', times, atMost(1000))
}

/** From a key on the slider to the measures of the new cut on the screen. */
async function sliderToPreview({ page }: Opened): Promise<void> {
  await go(page, '#/prune')
  const slider = page.getByRole('slider').first()
  await slider.waitFor({ state: 'attached' })
  const settled = () => page.locator('[data-preview-k]').first().getAttribute('data-preview-k')
  await slider.focus()
  const times: number[] = []
  for (let i = 0; i < repeats + 2; i++) {
    await page.keyboard.press(i % 2 === 0 ? 'PageDown' : 'PageUp')
    const started = performance.now()
    const k = await slider.getAttribute('aria-valuenow')
    while ((await settled()) !== k) await sleep(10)
    // The first ones prepare the samples and the original's values.
    if (i >= 2) times.push(performance.now() - started)
    await sleep(200)
  }
  amounts('slider to preview of forget and retain, demo model', 'ms', times, atMost(1000))
}

/** From the click on Cancel to the word on the screen, while a recording runs. */
async function cancel({ page }: Opened): Promise<void> {
  const times: number[] = []
  for (let i = 0; i < Math.min(5, repeats); i++) {
    await go(page, '#/neurons')
    await page.getByRole('button', { name: /Record again/ }).click()
    await page.getByRole('button', { name: /^Record \d/ }).click()
    await go(page, '#/jobs')
    const button = page.getByRole('button', { name: /^Cancel: / }).first()
    await button.waitFor()
    const ms = await button.evaluate(
      (element) =>
        new Promise<number>((seen) => {
          const started = performance.now()
          const observer = new MutationObserver(() => {
            if (!/Cancelling|Cancelled/.test(document.querySelector('main')!.textContent ?? '')) return
            observer.disconnect()
            requestAnimationFrame(() => seen(performance.now() - started))
          })
          observer.observe(document.body, { subtree: true, childList: true, characterData: true })
          ;(element as HTMLElement).click()
        }),
    )
    times.push(ms)
    await page.getByText('Cancelled').first().waitFor()
    await page
      .getByRole('button', { name: /^Dismiss: / })
      .first()
      .click()
  }
  amounts('click on Cancel to its answer on the screen', 'ms', times, atMost(100))
}

/** Frames a second while the table of all neurons is scrolled by the wheel. */
async function scrolling({ page }: Opened): Promise<void> {
  await go(page, '#/neurons')
  const grid = page.getByRole('grid').first()
  await grid.waitFor({ timeout: 60_000 })
  await page.getByText(largeNeurons.toLocaleString('en')).first().waitFor({ timeout: 60_000 })
  const box = (await grid.boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  const rates: number[] = []
  for (let i = 0; i < repeats; i++) {
    const frames = page.evaluate(
      () =>
        new Promise<number>((seen) => {
          const started = performance.now()
          let count = 0
          const frame = () => {
            count++
            const elapsed = performance.now() - started
            if (elapsed >= 2000) seen((1000 * count) / elapsed)
            else requestAnimationFrame(frame)
          }
          requestAnimationFrame(frame)
        }),
    )
    for (let step = 0; step < 40; step++) {
      await page.mouse.wheel(0, step % 4 === 3 ? 20_000 : 600)
      await sleep(40)
    }
    rates.push(await frames)
  }
  amounts(`scrolling ${largeNeurons} rows`, 'frames/s', rates, { relation: 'at least', value: 50 })
}

/** From a key in Review to the next neuron on the screen: its concept, and all that is known of it. */
async function reviewing({ page }: Opened, where: string): Promise<void> {
  const keys = Array.from({ length: repeats + 2 }, (_, at) => (at % 3 === 2 ? 'r' : 'a'))
  // A pause in which the next ones are fetched ahead; a reviewer who does 200 in ten minutes takes three seconds.
  const { concept, evidence } = await reviewKeys(page, keys, 1000)
  amounts(`a key in Review to the next neuron's concept, ${where}`, 'ms', concept, atMost(100))
  amounts(`a key in Review to the evidence of the next neuron, ${where}`, 'ms', evidence, null)
}

function inOrder(scores: Float64Array, flats: Uint32Array): Float64Array {
  const ordered = new Float64Array(flats.length)
  for (let at = 0; at < flats.length; at++) ordered[at] = scores[flats[at]!]!
  return ordered
}

/** Orders made-up scores of all neurons and applies pins, as a change of scores or pins does. */
function reranking(): void {
  const space = createNeuronSpace({ mlp: Array.from({ length: 36 }, () => largeNeurons / 36), attention: [] })
  const random = createRandom(1)
  const pins = new Uint8Array(largeNeurons)
  for (let at = 0; at < largeNeurons; at += 1000) pins[at] = 1 + ((at / 1000) % 2)
  const times: number[] = []
  // The first one compiles.
  for (let i = 0; i <= repeats; i++) {
    const scores = new Float64Array(largeNeurons)
    for (let at = 0; at < largeNeurons; at++) scores[at] = random.uniform()
    const started = performance.now()
    const flats = orderFlats(space, scores, null)
    applyPins(flats, inOrder(scores, flats), pins)
    if (i > 0) times.push(performance.now() - started)
  }
  amounts(`ranking ${largeNeurons} neurons anew with pins`, 'ms', times, atMost(100))
}

reranking()
const home = mkdtempSync(join(tmpdir(), 'snip-window-'))
try {
  const demo = await openWorkbench({ args: ['--demo'], asBuilt: true, context: { viewport } })
  try {
    await firstPaint(demo)
    await reviewing(demo, 'demo model')
    await sliderToPreview(demo)
    await cancel(demo)
  } finally {
    await demo.close()
  }
  const folder = await makeLargeWorkspace(home)
  const large = await openWorkbench({ args: ['--workspace', folder], asBuilt: true, context: { viewport } })
  try {
    await scrolling(large)
    await reviewing(large, `${largeNeurons} neurons`)
  } finally {
    await large.close()
  }
} finally {
  await endChromium()
  rmSync(home, { recursive: true, force: true })
}
