import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runNode } from './run-node.js'

const repository = resolve(import.meta.dirname, '..')
const lockLimitMs = 300_000

/** One row per Vite configuration: what it writes under `out`, and a file that shows it is there. */
const targets = [
  { config: 'vite.config.ts', folder: 'main', proof: 'cli.js' },
  { config: 'vite.preload.config.ts', folder: 'preload', proof: 'index.cjs' },
  { config: 'vite.renderer.config.ts', folder: 'renderer', proof: 'index.html' },
]

/** Those whose configuration the project has. */
const targetsOf = (/** @type {string} */ root) => targets.filter(({ config }) => existsSync(join(root, config)))

/**
 * Builds into `out` when it is missing or was made from other sources, and says whether it did.
 *
 * What it was made from is told by a hash of the sources' contents, so copies and checkouts with odd times are seen,
 * too. Two builds at once do no harm: the second waits for the first, and each file is swapped in whole.
 *
 * @param {{ force?: boolean, root?: string }} [options]
 * @returns {Promise<boolean>} true when it built
 */
export async function buildIfNeeded({ force = false, root = repository } = {}) {
  const out = join(root, 'out')
  if (!force && isFresh(root, out)) return false
  mkdirSync(out, { recursive: true })
  const lock = join(out, '.lock')
  await takeLock(lock)
  try {
    if (!force && isFresh(root, out)) return false
    removeLeftovers(out)
    const fingerprint = fingerprintOf(root)
    for (const target of targetsOf(root)) await build(root, out, target)
    writeWhole(join(out, '.built-from'), fingerprint)
    return true
  } finally {
    rmSync(lock, { force: true })
  }
}

/** `buildIfNeeded` for scripts: a build that fails ends the process, its reason already told by Vite. */
export async function buildOrExit(options = {}) {
  try {
    await buildIfNeeded(options)
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

function isFresh(root, out) {
  const stamp = join(out, '.built-from')
  const complete = targetsOf(root).every(({ folder, proof }) => existsSync(join(out, folder, proof)))
  return complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprintOf(root)
}

/** SHA-256 over the name and content of every source, configuration and lock file. */
function fingerprintOf(root) {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  for (const name of readdirSync(root)) {
    if (/^(?:package(?:-lock)?\.json|tsconfig.*\.json|vite.*\.config\.[jt]s)$/.test(name)) files.push(join(root, name))
  }
  const hash = createHash('sha256')
  for (const file of files.sort()) {
    const content = readFileSync(file)
    hash.update(`${file.slice(root.length).split(sep).join('/')}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Builds beside the target, then moves file by file: entries last, so that what they import is there before them. */
async function build(root, out, { config, folder, proof }) {
  const staging = join(out, `.${folder}-${process.pid}`)
  const target = join(out, folder)
  try {
    const vite = join(repository, 'node_modules/vite/bin/vite.js')
    const args = [vite, 'build', '--config', config, '--outDir', staging, '--emptyOutDir', '--logLevel', 'warn']
    // Started from a test, NODE_ENV says so, and the page would be made of React's development build.
    const env = { NODE_ENV: 'production' }
    const code = await runNode(args, { cwd: root, outputToStderr: true, env })
    if (code !== 0) throw new Error(`vite build --config ${config} ended with exit code ${code}`)
    const depth = (/** @type {string} */ file) => file.split(sep).length
    const made = filesUnder(staging).sort((a, b) => depth(b) - depth(a) || (a === proof ? 1 : b === proof ? -1 : 0))
    for (const file of made) {
      mkdirSync(dirname(join(target, file)), { recursive: true })
      renameSync(join(staging, file), join(target, file))
    }
    const kept = new Set(made)
    for (const file of filesUnder(target)) if (!kept.has(file)) rmSync(join(target, file), { force: true })
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** What a build that was killed left behind; the lock says that none is running. */
function removeLeftovers(out) {
  for (const name of readdirSync(out)) {
    if (/^\.[\w-]+[.-]\d+$/.test(name)) rmSync(join(out, name), { recursive: true, force: true })
  }
}

const filesUnder = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

function writeWhole(path, text) {
  writeFileSync(`${path}.${process.pid}`, text)
  renameSync(`${path}.${process.pid}`, path)
}

/** Takes the lock file, waiting for another build; one whose process is gone is taken over. */
async function takeLock(lock) {
  const start = performance.now()
  while (!tryLock(lock)) {
    if (!holderLives(lock)) rmSync(lock, { force: true })
    else if (performance.now() - start > lockLimitMs) throw new Error(`another build holds ${lock}: end it, then retry`)
    else await sleep(100)
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function holderLives(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    // An empty file is a lock whose holder has not yet written its number.
    if (pid !== 0) process.kill(pid, 0)
    return true
  } catch (error) {
    // ENOENT: the lock was given back just now, and the next try will tell.
    return error.code !== 'ESRCH'
  }
}
