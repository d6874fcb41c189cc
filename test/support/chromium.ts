import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Where a Chromium is looked for: SNIP_CHROMIUM, then Debian's. */
export const chromiumFile = process.env['SNIP_CHROMIUM'] ?? '/usr/bin/chromium'

let running: Promise<Browser> | null = null

/**
 * The Chromium of this process: started when first asked for, ended with the process, and shared by the files that run in
 * it one after the other, since each start costs more than two seconds of processor time.
 */
export async function sharedChromium(): Promise<Browser> {
  const before = await running
  if (before?.isConnected()) return before
  if (!existsSync(chromiumFile)) throw new Error(`There is no Chromium at ${chromiumFile}; set SNIP_CHROMIUM`)
  running = chromium.launch({ executablePath: chromiumFile, args: ['--no-sandbox'] })
  return running
}

/** Ends it, for programs that are not ended from outside. */
export async function endChromium(): Promise<void> {
  await (await running)?.close()
}
