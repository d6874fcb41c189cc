import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
// @ts-expect-error: a plain script without types of its own
import { buildIfNeeded } from '../../scripts/build-if-needed.js'
import { sharedChromium } from './chromium.ts'

/** The repository; benchmarks are built and lie elsewhere, but run in it like the tests. */
const root = process.cwd()

/** How long a page may take to do what it is waited for: machines that test are slow, and busy with other tests. */
export const patienceMs = 60_000

export interface ServedOptions {
  /** Further arguments of `snip serve`: `--demo`, `--workspace DIR`. */
  readonly args?: readonly string[]
  /** A data folder to use again; a temporary one of its own when left out. */
  readonly home?: string
  /** True to serve what lies in `out` as it is, as SNIP_AS_BUILT=1 does; otherwise it is built when it is out of date. */
  readonly asBuilt?: boolean
}

/** A `snip serve` in a process of its own. */
export interface Served {
  /** The address with the token in its fragment. */
  readonly url: string
  readonly origin: string
  readonly token: string
  /** Holds its settings, caches and workspaces. */
  readonly home: string
  readonly child: ChildProcess
  /** What it wrote to stderr. */
  errors(): string
  /** Ends it as Ctrl-C does; resolves to its exit code. */
  stop(): Promise<number | null>
}

/** Starts `snip serve` in a temporary data folder, which goes away when it stops. */
export async function serve(options: ServedOptions = {}): Promise<Served> {
  if (!(options.asBuilt ?? process.env['SNIP_AS_BUILT'] === '1')) await (buildIfNeeded as () => Promise<boolean>)()
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'snip-browser-'))
  const places = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_DATA_HOME: join(home, 'data') }
  mkdirSync(home, { recursive: true })
  const child = spawn(
    process.execPath,
    [join(root, 'bin/snip.js'), 'serve', '--port', '0', '--quiet', ...(options.args ?? [])],
    { cwd: home, env: { ...process.env, ...places, SNIP_DATA_HOME: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  let errors = ''
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text))
  const url = await new Promise<string>((found, failed) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      const address = /^(http:\S+#token=\S+)\n/m.exec(out)?.[1]
      if (address !== undefined) found(address)
    })
    void exited.then((code) => failed(new Error(`snip serve ended with code ${code}: ${errors}`)))
  })
  const [origin, token] = url.split('/#token=') as [string, string]
  return {
    url,
    origin,
    token,
    home,
    child,
    errors: () => errors,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT')
      const code = await exited
      if (options.home === undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5 })
      return code
    },
  }
}

export interface BrowserOptions extends ServedOptions {
  /** `{ colorScheme: 'dark', viewport: { width: 1440, height: 900 } }`. */
  readonly context?: BrowserContextOptions
}

/** A page of a served workbench in a real Chromium. */
export interface Opened {
  readonly page: Page
  readonly browser: Browser
  readonly served: Served
  readonly url: string
  /** Console errors and warnings, errors of the page, failed requests and violations of the content policy, in order. */
  problems(): readonly string[]
  /** Forgets the problems so far, after a test made some on purpose. */
  forgetProblems(): void
  close(): Promise<void>
}

/** Serves the workbench and opens it in Chromium. */
export async function openWorkbench(options: BrowserOptions = {}): Promise<Opened> {
  const browser = await sharedChromium()
  const served = await serve(options)
  try {
    return await openPage(browser, served, options)
  } catch (error) {
    await served.stop()
    throw error
  }
}

const reportViolations = `document.addEventListener('securitypolicyviolation', (event) => {
  snipPolicyViolation([event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber].join(' '))
})`

async function openPage(browser: Browser, served: Served, { context }: BrowserOptions): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...context })
  page.setDefaultTimeout(patienceMs)
  const problems: string[] = []
  watchProblems(page, problems)
  // Also those that the console does not show.
  await page.exposeFunction('snipPolicyViolation', (text: string) => void problems.push(`policy: ${text}`))
  await page.addInitScript({ content: reportViolations })
  await page.goto(served.url)
  return {
    page,
    browser,
    served,
    url: served.url,
    problems: () => [...problems],
    forgetProblems: () => void (problems.length = 0),
    async close() {
      await page.context().close()
      await served.stop()
    },
  }
}

function watchProblems(page: Page, problems: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      problems.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => void problems.push(`page: ${error.stack ?? error.message}`))
  page.on('requestfailed', (request) => {
    problems.push(`request: ${request.method()} ${new URL(request.url()).pathname} ${request.failure()?.errorText}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`status ${response.status()}: ${new URL(response.url()).pathname}`)
  })
}
