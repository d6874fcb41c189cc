import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { readSafetensorsHeader } from '../../../core/onnx/safetensors.ts'
import { shownName, shownText } from '../../../core/onnx/shown-name.ts'
import type { TensorEntry } from '../../../core/onnx/tensor-index.ts'
import { withFile } from '../../files/file-source.ts'

/** The weight files of a model: where ONNX Runtime finds them (one folder and locations in it), and what is in them. */
export interface WeightFiles {
  /** Folder that every location is relative to. */
  readonly folder: string
  /** Weight files by the name that tensor entries carry: path below `folder` and full real path. */
  readonly files: ReadonlyMap<string, { readonly location: string; readonly path: string }>
  readonly tensors: ReadonlyMap<string, TensorEntry>
}

const largestJsonBytes = 256 * 1024 * 1024

/** Reads a JSON file of bounded size. */
export function readJsonFile(path: string, kind: 'bad-model' | 'bad-tokenizer' | 'bad-file'): unknown {
  const name = basename(path)
  const stats = statSync(path)
  if (!stats.isFile()) {
    throw new SnipError(kind, `${name} is no file`, { remedy: 'Check the folder: copy or download it again.' })
  }
  if (stats.size > largestJsonBytes) {
    throw new SnipError(kind, `${name} is larger than ${largestJsonBytes} bytes`, {
      remedy: 'Check that it is the right file.',
    })
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    throw new SnipError(
      kind,
      `${name} is not JSON: ${shownText(error instanceof Error ? error.message : String(error))}`,
      {
        remedy: 'The file is damaged or cut short: copy or download it again.',
      },
    )
  }
}

/**
 * The safetensors files of a published checkpoint folder: `model.safetensors`, or the shards that
 * `model.safetensors.index.json` names. Headers are read and checked, weights are not read.
 */
export function openCheckpointWeights(folder: string): WeightFiles {
  const index = join(folder, 'model.safetensors.index.json')
  const single = join(folder, 'model.safetensors')
  const names = existsSync(single) ? ['model.safetensors'] : existsSync(index) ? shardNames(index) : null
  if (names === null) {
    throw new SnipError('bad-model', `${folder} holds neither model.safetensors nor model.safetensors.index.json`, {
      remedy: 'Point to the folder of a published checkpoint with safetensors weights.',
    })
  }
  const paths = names.map((name) => {
    const path = join(folder, name)
    if (!existsSync(path)) {
      throw new SnipError('bad-model', `The weight file ${name} is missing in ${folder}`, {
        remedy: 'Download the missing shard.',
      })
    }
    return { name, path: realpathSync(path) }
  })
  const root = commonFolder(paths.map(({ path }) => dirname(path)))
  const tensors = new Map<string, TensorEntry>()
  const files = new Map<string, { location: string; path: string }>()
  for (const { name, path } of paths) {
    files.set(name, { location: relative(root, path).split(sep).join('/'), path })
    const header = withFile(path, name, readSafetensorsHeader)
    for (const entry of header.tensors) {
      if (tensors.has(entry.name)) {
        throw new SnipError(
          'bad-model',
          `Tensor ${shownName(entry.name)} stands in ${tensors.get(entry.name)?.file} and in ${name}`,
          {
            remedy: 'Remove the weight file that does not belong to this checkpoint.',
          },
        )
      }
      tensors.set(entry.name, entry)
    }
  }
  return { folder: root, files, tensors }
}

function shardNames(index: string): string[] {
  const json = readJsonFile(index, 'bad-model')
  const map = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)['weight_map'] : undefined
  const bad = (what: string) =>
    new SnipError('bad-model', `model.safetensors.index.json: ${what}`, { remedy: 'Download the index file again.' })
  if (typeof map !== 'object' || map === null) throw bad('there is no weight_map')
  const names = new Set<string>()
  for (const name of Object.values(map)) {
    if (typeof name !== 'string' || name !== basename(name) || name === '..' || name === '' || name.includes('\0')) {
      throw bad(`${typeof name === 'string' ? shownName(name) : 'a value'} is no file name in the model's folder`)
    }
    names.add(name)
  }
  if (names.size === 0) throw bad('the weight_map is empty')
  return [...names].toSorted()
}

/** The deepest folder that holds all of `folders`: ONNX Runtime reads external weights from below one folder only. */
export function commonFolder(folders: readonly string[]): string {
  let common = resolve(folders[0] ?? '/').split(sep)
  for (const folder of folders) {
    const parts = resolve(folder).split(sep)
    let shared = 0
    while (shared < common.length && common[shared] === parts[shared]) shared++
    common = common.slice(0, shared)
  }
  return common.join(sep) || sep
}
