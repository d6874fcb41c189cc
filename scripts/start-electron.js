import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '..')
const dayMs = 24 * 60 * 60 * 1000
const installLimitMs = 60_000

/**
 * Electron's binary, or why there is none. npm does not bring it: it is fetched at the first start, once, with a time limit. A
 * fetch that failed is not tried again for a day, so that later starts are instant; deleting the marker tries anew.
 *
 * @param {{ root?: string, now?: number, install?: (electron: string) => Promise<boolean>, say?: (line: string) => void }} [options]
 * @returns {Promise<{ binary: string } | { binary: null, reason: string }>}
 */
export async function findElectron({
  root = repository,
  now = Date.now(),
  install = installElectron,
  say = (line) => console.error(line),
} = {}) {
  const electron = join(root, 'node_modules', 'electron')
  if (!existsSync(join(electron, 'package.json'))) return { binary: null, reason: 'Electron is not installed' }
  const installed = binaryIn(electron)
  if (installed) return { binary: installed }

  const { version } = JSON.parse(readFileSync(join(electron, 'package.json'), 'utf8'))
  const marker = join(root, 'node_modules', '.cache', 'snip-electron-missing.json')
  if (failedLately(marker, version, now)) {
    return { binary: null, reason: `Electron ${version} could not be fetched earlier today` }
  }
  say(`Fetching Electron ${version}, once, for a minute at most.`)
  const ended = await install(electron)
  const fetched = ended ? binaryIn(electron) : null
  if (fetched) {
    rmSync(marker, { force: true })
    return { binary: fetched }
  }
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, JSON.stringify({ version, at: now }))
  return { binary: null, reason: `Electron ${version} could not be fetched` }
}

/** Path of the binary that lies in Electron's package, whole and of its version; else null. */
function binaryIn(electron) {
  try {
    const { version } = JSON.parse(readFileSync(join(electron, 'package.json'), 'utf8'))
    if (
      readFileSync(join(electron, 'dist', 'version'), 'utf8')
        .trim()
        .replace(/^v/, '') !== version
    )
      return null
    const binary = join(electron, 'dist', readFileSync(join(electron, 'path.txt'), 'utf8'))
    return existsSync(binary) ? binary : null
  } catch {
    return null
  }
}

function failedLately(marker, version, now) {
  try {
    const failed = JSON.parse(readFileSync(marker, 'utf8'))
    return failed.version === version && now - failed.at >= 0 && now - failed.at < dayMs
  } catch {
    return false
  }
}

/** Runs Electron's own installer, quietly; false when it failed or took too long. */
function installElectron(electron) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(electron, 'install.js')], { stdio: 'ignore' })
    const limit = setTimeout(() => child.kill('SIGKILL'), installLimitMs)
    const end = (worked) => {
      clearTimeout(limit)
      done(worked)
    }
    child.on('error', () => end(false))
    child.on('exit', (code) => end(code === 0))
  })
}

/** False on a Linux without a display, where no window can open. */
export const hasDisplay = ({ platform = process.platform, environment = process.env } = {}) =>
  platform !== 'linux' || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY)

/**
 * Runs the desktop app from the repository.
 *
 * @param {string} binary
 * @param {string[]} args files and folders to open
 * @param {Record<string, string>} [more] of the environment
 * @returns {Promise<number>} its exit code
 */
export function runElectron(binary, args, more = {}) {
  // The engine runs in the Node that started this.
  const { ELECTRON_RUN_AS_NODE: _, ...environment } = { ...process.env, npm_node_execpath: process.execPath, ...more }
  return new Promise((done, reject) => {
    const child = spawn(binary, [repository, ...args], { stdio: 'inherit', env: environment, windowsHide: false })
    const forward = (signal) => child.kill(signal)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
    child.on('error', reject)
    child.on('close', (code) => done(code ?? 1))
  })
}
