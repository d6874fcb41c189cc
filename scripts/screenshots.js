import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { buildOrExit } from './build-if-needed.js'

/**
 * Draws every view of the demo workspace in Chromium: `node scripts/screenshots.js [FOLDER] [VIEW ...]`. Without a folder they go to
 * docs/screens, where the README shows some. Light and dark, 1280 x 800 and 1920 x 1080.
 */
const repository = resolve(import.meta.dirname, '..')
const [folder = join(repository, 'docs/screens'), ...wanted] = process.argv.slice(2)
if (folder.startsWith('-')) {
  console.error('node scripts/screenshots.js [FOLDER] [VIEW ...]')
  process.exit(2)
}
const views = [
  'model',
  'data',
  'neurons',
  'neurons/mlp:1:17',
  'review',
  'forget',
  'prune',
  'compare',
  'export',
  'jobs',
  'settings',
]
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
]

await buildOrExit()
mkdirSync(folder, { recursive: true })
const home = mkdtempSync(join(tmpdir(), 'snip-screens-'))
const server = spawn(process.execPath, [join(repository, 'bin/snip.js'), 'serve', '--port', '0', '--demo'], {
  env: {
    ...process.env,
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
  },
  stdio: ['ignore', 'pipe', 'pipe'],
})
try {
  const url = await addressOf(server)
  const browser = await chromium.launch({
    executablePath: process.env.SNIP_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  for (const colorScheme of ['light', 'dark']) {
    for (const viewport of sizes) {
      const page = await browser.newPage({ viewport, colorScheme, reducedMotion: 'reduce' })
      page.on('console', (message) => {
        if (message.type() === 'error') console.error(`console: ${message.text()}`)
      })
      page.on('pageerror', (error) => console.error(`page: ${error.message}`))
      await page.goto(url)
      await page.waitForSelector('main')
      for (const view of wanted.length > 0 ? wanted : views) {
        await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
        await page.waitForLoadState('networkidle')
        await page.waitForTimeout(800)
        await page.waitForFunction(settled, null, { timeout: 30_000 }).catch(() => console.error(`${view}: still busy`))
        const name = `${view.replace(/[/:]/g, '-')}-${colorScheme}-${viewport.width}.png`
        await page.screenshot({ path: join(folder, name) })
      }
      await page.close()
    }
  }
  await browser.close()
} finally {
  server.kill('SIGTERM')
  rmSync(home, { recursive: true, force: true })
}

/** True in a page that shows no work under way. */
function settled() {
  return (
    // How far a person's review is shows no work of the program's.
    document.querySelector('[role=progressbar]:not([aria-label="Reviewed"]), [aria-busy=true]') === null &&
    !/Measuring k/.test(document.body.innerText)
  )
}

/** The address with its token, once the server prints it. */
function addressOf(child) {
  return new Promise((found, failed) => {
    let seen = ''
    const look = (data) => {
      seen += data
      const match = /http:\/\/\S+#token=\S+/.exec(seen)
      if (match) found(match[0])
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.on('exit', (code) => failed(new Error(`snip serve ended with ${code}: ${seen}`)))
  })
}
