import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withoutSecrets } from '../../contract/child-environment.ts'

/**
 * Opens an address in the person's browser. The address holds the token, and other users can read a process's arguments;
 * so the browser is given a file that only its owner may read and that leads on. Returns how to remove that file.
 */
export function openInBrowser(url: string, folder: string, onFailure: () => void): () => void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `open-${process.pid}.html`)
  const remove = () => rmSync(file, { force: true })
  remove()
  const page = `<!doctype html><meta charset="utf-8"><title>SNIP Workbench</title><meta http-equiv="refresh" content="0; url=${url}">`
  writeFileSync(file, page, { mode: 0o600, flag: 'wx' })
  const [program, ...before] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program as string, [...before, pathToFileURL(file).href], {
    stdio: 'ignore',
    detached: true,
    env: withoutSecrets(process.env),
  })
  child.on('error', onFailure)
  child.on('exit', (code) => {
    if (code !== null && code !== 0) onFailure()
  })
  child.unref()
  return remove
}

const openers: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}
