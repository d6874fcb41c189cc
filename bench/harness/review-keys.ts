import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'

/** How long each key took to show the next neuron's concept, and all that is known of it, in milliseconds. */
export interface ReviewKeyTimes {
  readonly concept: number[]
  readonly evidence: number[]
}

/**
 * Opens the review view, presses one key after the other with a pause between, and measures in the page from each key to the frame that
 * shows the next neuron: its concept, and the evidence below it. The first two keys warm up.
 */
export async function reviewKeys(page: Page, keys: readonly string[], pauseMs: number): Promise<ReviewKeyTimes> {
  await page.evaluate(() => void (location.hash = '#/review'))
  const neuron = page.getByRole('group', { name: /^(mlp|attention):/ })
  await neuron.getByText('Where it is active').waitFor({ timeout: 120_000 })
  await neuron.focus()
  await sleep(pauseMs)
  const times: ReviewKeyTimes = { concept: [], evidence: [] }
  for (const [at, key] of keys.entries()) {
    // Listened for before the key is pressed; the answer is fetched afterwards.
    await page.evaluate(listenForKey)
    await page.keyboard.press(key)
    const { concept, evidence } = await page.evaluate(() => (window as unknown as Listening).reviewKey)
    if (at >= 2) {
      times.concept.push(concept)
      times.evidence.push(evidence)
    }
    await sleep(pauseMs)
  }
  return times
}

interface Listening {
  reviewKey: Promise<{ concept: number; evidence: number }>
}

/** In the page: from the next key to the frames that show another neuron. */
function listenForKey(): void {
  ;(window as unknown as Listening).reviewKey = new Promise((seen) => {
    const group = document.querySelector('[data-place] [role=group][aria-label*=":"]')!
    const before = group.getAttribute('aria-label')
    let pressed = 0
    let concept = 0
    window.addEventListener('keydown', () => void (pressed = performance.now()), { capture: true, once: true })
    const look = () => {
      const named = group.getAttribute('aria-label')
      const heading = group.querySelector('h2')?.textContent ?? ''
      // What a frame callback sees was drawn in the frame before, or is about to be drawn in this one.
      if (pressed > 0 && concept === 0 && named !== before && heading === `Neuron ${named}`) {
        concept = performance.now() - pressed
      }
      if (concept > 0 && group.querySelector('[data-known]')?.getAttribute('data-known') === named) {
        seen({ concept, evidence: performance.now() - pressed })
      } else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
}
