import { existsSync, readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { openWorkbench, serve, type Opened, type Served } from '../support/browser.ts'

const opened: Opened[] = []
const servers: Served[] = []

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
  for (const one of servers.splice(0)) await one.stop()
})

async function open(): Promise<Opened> {
  const workbench = await openWorkbench()
  opened.push(workbench)
  return workbench
}

test('the page loads, connects, survives a reload, and breaks no rule of its policy', async () => {
  const { page, served, problems } = await open()
  await page.getByText('Connected', { exact: true }).waitFor()
  expect(page.url()).not.toContain(served.token)
  await expect.poll(() => page.evaluate('sessionStorage.getItem("snip-token")')).toBe(served.token)

  await page.reload()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.waitForLoadState('networkidle')
  expect(page.url()).not.toContain(served.token)
  expect(problems()).toEqual([])
})

test('what the policy forbids does not happen, and is seen', async () => {
  const { page, problems } = await open()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.evaluate(`(() => {
    globalThis.ran = []
    const script = document.createElement('script')
    script.textContent = 'ran.push("inline")'
    document.body.append(script)
    const style = document.createElement('style')
    style.textContent = 'body { margin-top: 77px }'
    document.head.append(style)
    document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="ran.push(1)"><base href="http://127.0.0.1:1/">')
    return fetch('http://127.0.0.1:1/').catch(() => ran)
  })()`)
  const directives = () => new Set(problems().flatMap((problem) => /^policy: ([\w-]+)/.exec(problem)?.[1] ?? []))
  await expect
    .poll(directives)
    .toEqual(new Set(['script-src-elem', 'script-src-attr', 'style-src-elem', 'connect-src', 'base-uri']))
  await expect.poll(() => page.evaluate('ran')).toEqual([])
  await expect.poll(() => page.evaluate('getComputedStyle(document.body).marginTop')).toBe('0px')
})

test('a page without the token, and one that another start of snip serve made, is told what to do', async () => {
  const { page, served, browser } = await open()
  await page.getByText('Connected', { exact: true }).waitFor()
  const stranger = await browser.newPage()
  await stranger.goto(served.origin)
  await stranger.getByText('The workbench does not know this page.').waitFor()
  await stranger.close()

  const port = new URL(served.origin).port
  await served.stop()
  await page.getByText('The connection to the workbench is lost.').waitFor()
  servers.push(await serve({ asBuilt: true, args: ['--port', port] }))
  await page
    .getByRole('button', { name: 'Connect now' })
    .click({ timeout: 5000 })
    .catch(() => undefined)
  await page.getByText('The workbench does not know this page.').waitFor()
  await expect.poll(() => page.getByRole('alert').textContent()).toContain('Open the address that snip serve printed')
})

test('a file that the page sends arrives under its grant', async () => {
  const { page, served, problems } = await open()
  await page.getByText('Connected', { exact: true }).waitFor()
  const grant = (await page.evaluate(`fetch('/upload?name=sand.txt', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + sessionStorage.getItem('snip-token') },
    body: new Blob(['The sand.'])
  }).then((answer) => answer.json())`)) as { path: string; name: string }
  expect(grant.name).toBe('sand.txt')
  expect(grant.path.startsWith(served.home)).toBe(true)
  expect(existsSync(grant.path) && readFileSync(grant.path, 'utf8')).toBe('The sand.')
  expect(problems()).toEqual([])
})
