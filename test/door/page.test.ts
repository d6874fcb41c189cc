import { expect, test } from 'vitest'
import { openWorkbench } from '../support/browser.ts'

test('the page loads, connects, survives a reload, and breaks no rule of its policy', async () => {
  const { page, served, problems, close } = await openWorkbench(process.env['SNIP_AS_BUILT'] ? { asBuilt: true } : {})
  try {
    await page.locator('#root > *').first().waitFor({ state: 'attached' })
    await page.waitForLoadState('networkidle')
    expect(page.url()).not.toContain(served.token)
    expect(await page.evaluate('sessionStorage.getItem("snip-token")')).toBe(served.token)

    await page.reload()
    await page.locator('#root > *').first().waitFor({ state: 'attached' })
    await page.waitForLoadState('networkidle')
    if (process.env['SNIP_SHOT']) await page.screenshot({ path: process.env['SNIP_SHOT'] })
    expect(page.url()).not.toContain(served.token)
    expect(problems()).toEqual([])
  } finally {
    await close()
  }
})
