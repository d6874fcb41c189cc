import { builtinModules } from 'node:module'
import { isAbsolute, posix, relative, resolve, sep } from 'node:path'

/**
 * The floors of docs/architecture.md as a lint rule: a folder imports only from floors below it.
 *
 * Every way to name a module counts alike: import, export-from, import type, `import('x').T`, `import x = require('x')`,
 * dynamic import and require. Files outside `src` may import everything but electron.
 */

const anyPackage = { except: (/** @type {string[]} */ ...names) => ({ only: null, never: names }) }
const onlyPackages = (/** @type {string[]} */ ...names) => ({ only: names, never: [] })

/** Packages that run native code or a server: each has one floor that may hold it. */
const engine = ['onnxruntime-node', 'onnxruntime-common']
const stores = ['@duckdb/node-api', '@duckdb/node-bindings', 'keytar', '@github/keytar']
const servers = ['ws', '@orpc/server']

/** What may stand on each floor, the deepest folder first. `floors` are the folders it may import besides itself. */
export const floors = [
  { folder: 'src/contract', floors: [], node: false, packages: onlyPackages('zod', '@orpc/contract') },
  {
    folder: 'src/core',
    floors: ['src/contract'],
    node: false,
    packages: onlyPackages('zod', '@bufbuild/protobuf', '@huggingface/tokenizers', 'compromise', 'yaml'),
  },
  {
    folder: 'src/main/files',
    floors: ['src/core', 'src/contract'],
    node: true,
    packages: onlyPackages(),
  },
  {
    folder: 'src/main/engine-host/client',
    floors: ['src/core', 'src/contract', 'src/main/files'],
    node: true,
    packages: anyPackage.except('electron', ...engine, ...stores),
  },
  {
    folder: 'src/main/engine-host',
    floors: ['src/core', 'src/contract', 'src/main/files', 'src/main/engine-host/client'],
    node: true,
    packages: anyPackage.except('electron', ...stores),
  },
  {
    folder: 'src/main/services',
    floors: ['src/main/engine-host/client', 'src/main/files', 'src/core', 'src/contract'],
    node: true,
    packages: anyPackage.except('electron', ...engine),
  },
  {
    // `snip serve` starts the browser door.
    folder: 'src/main/cli',
    floors: ['src/main/server', 'src/main/services', 'src/contract'],
    node: true,
    packages: anyPackage.except('electron', ...engine, ...stores),
  },
  {
    folder: 'src/main/server',
    floors: ['src/main/services', 'src/contract'],
    node: true,
    packages: anyPackage.except('electron', ...engine, ...stores),
  },
  {
    folder: 'src/main/desktop',
    floors: ['src/main/services', 'src/contract'],
    node: true,
    packages: anyPackage.except(...engine, ...stores),
  },
  { folder: 'src/preload', floors: [], node: false, packages: onlyPackages('electron') },
  {
    folder: 'src/renderer',
    floors: ['src/contract'],
    node: false,
    packages: anyPackage.except('electron', ...engine, ...stores, ...servers),
  },
]

const builtins = new Set(builtinModules)

const isBuiltin = (/** @type {string} */ name) => name.startsWith('node:') || builtins.has(name)

/** `@scope/name/deep` -> `@scope/name`; `name/deep` -> `name`. */
const packageOf = (/** @type {string} */ specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const floorOf = (/** @type {string} */ path) =>
  floors.find(({ folder }) => path === folder || path.startsWith(`${folder}/`))

/**
 * Why a file must not import a module, or null where it may.
 *
 * @param {string} file path from the repository root, with forward slashes
 * @param {string} specifier as written in the import
 * @returns {string | null} one sentence
 */
export function forbiddenBecause(file, specifier) {
  const inSource = file.startsWith('src/')
  if (!inSource) {
    return packageOf(specifier) === 'electron' ? "only src/main/desktop and src/preload may import 'electron'" : null
  }
  const floor = floorOf(file)
  if (!floor) return `${posix.dirname(file)} is on no floor: give it a row in lint/floors.js and docs/architecture.md`
  if (specifier.startsWith('.')) return forbiddenFile(floor, file, specifier)
  if (/^(?:[#~/]|@\/|file:|data:|https?:)/.test(specifier)) return 'name a file by its relative path'
  if (isBuiltin(specifier)) return floor.node ? null : `${floor.folder} may not use Node's own modules`
  const name = packageOf(specifier)
  if (name === 'electron' && !['src/main/desktop', 'src/preload'].includes(floor.folder)) {
    return "only src/main/desktop and src/preload may import 'electron'"
  }
  const { only, never } = floor.packages
  if (only && !only.includes(name)) return `${floor.folder} may import only the packages ${only.join(', ')}`
  return never.includes(name) ? `${floor.folder} may not import the package ${name}` : null
}

function forbiddenFile(floor, file, specifier) {
  const [path] = specifier.split('?')
  const target = posix.join(posix.dirname(file), path)
  if (!`${target}/`.startsWith('src/')) return `${floor.folder} may not import from outside src`
  const other = floorOf(target)
  if (!other) return `${target} is on no floor: give its folder a row in lint/floors.js and docs/architecture.md`
  if (other === floor || floor.floors.includes(other.folder)) return null
  const allowed = floor.floors.length === 0 ? 'no other folder' : `only ${floor.floors.join(', ')}`
  return `${floor.folder} may not import ${other.folder}; it may import ${allowed}`
}

/** The text of a module name that can be read off the source: a string, or a template without holes. */
function literal(node) {
  if (node?.type === 'TSLiteralType') return literal(node.literal)
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node?.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0].value.cooked
  return null
}

const noForbiddenImport = {
  meta: {
    type: 'problem',
    docs: { description: 'A folder imports only from floors below it' },
    schema: [{ type: 'object', properties: { root: { type: 'string' } }, additionalProperties: false }],
  },
  create(context) {
    const root = context.options[0]?.root ?? resolve(import.meta.dirname, '..')
    const file = relative(root, context.filename).split(sep).join('/')
    if (file.startsWith('../') || isAbsolute(file)) return {}

    const check = (source) => {
      if (!source) return
      const specifier = literal(source)
      const reason =
        specifier !== null
          ? forbiddenBecause(file, specifier)
          : file.startsWith('src/')
            ? 'a computed module name cannot be checked'
            : null
      if (reason) context.report({ node: source, message: `Forbidden import: ${reason}.` })
    }
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument),
      TSExternalModuleReference: (node) => check(node.expression),
      CallExpression: (node) => {
        if (node.callee.type === 'Identifier' && node.callee.name === 'require') check(node.arguments[0])
      },
    }
  },
}

export default { meta: { name: 'floors' }, rules: { 'no-forbidden-import': noForbiddenImport } }
