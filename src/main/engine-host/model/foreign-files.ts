import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { ModelGraph, ModelTensor } from '../../../core/onnx/model-graph.ts'
import type { ModelBytes } from '../../../core/onnx/purpose-bytes.ts'
import { shownName } from '../../../core/onnx/shown-name.ts'
import { withFile } from '../../files/file-source.ts'

/** The files of an ONNX model that another program wrote. */
export interface ForeignFiles {
  /** Real path of the folder that holds all of them. */
  readonly folder: string
  /** Name of the model file in it. */
  readonly name: string
  /** Real path of each file by its place below the folder: the model itself and those with external data. */
  readonly paths: ReadonlyMap<string, string>
}

/** All tensors of a model: initializers and those in the attributes of nodes, also inside of branches. */
export function allTensors(graph: ModelGraph): ModelTensor[] {
  const tensors: ModelTensor[] = []
  for (const body of graph.graphs) {
    tensors.push(...body.initializers.values())
    for (const node of body.nodes) {
      for (const attribute of node.attributes.values()) if (attribute.kind === 'tensor') tensors.push(attribute.value)
    }
  }
  return tensors
}

/**
 * Finds and checks the files that a model's tensors are in. Each must lie in the model's folder or below it, without a link or a step
 * upwards on the way, and hold all the bytes that are asked of it.
 */
export function findForeignFiles(folder: string, name: string, graph: ModelGraph): ForeignFiles {
  const paths = new Map([[name, join(folder, name)]])
  const sizes = new Map<string, number>()
  for (const { name: tensor, place } of allTensors(graph)) {
    if (place.kind !== 'external') continue
    const { location, offset, byteLength } = place
    if (!sizes.has(location)) {
      const path = checkLocation(folder, location, tensor)
      paths.set(location, path)
      sizes.set(location, statSync(path).size)
    }
    if (offset + (byteLength ?? 0) > sizes.get(location)!) {
      throw bad(tensor, `ends beyond the end of ${shownName(location)}`)
    }
  }
  return { folder, name, paths }
}

function checkLocation(folder: string, location: string, tensor: string): string {
  const parts = location.split('/')
  const isStep = (part: string) => part !== '' && part !== '.' && part !== '..' && !/[\0\\:]/.test(part)
  if (!parts.every(isStep))
    throw bad(tensor, `lies in ${shownName(location)}, which is no place below the model's folder`)
  let path = folder
  for (const [i, part] of parts.entries()) {
    path = join(path, part)
    const entry = lstatSync(path, { throwIfNoEntry: false })
    if (!entry) throw bad(tensor, `lies in ${shownName(location)}, which is missing`)
    if (entry.isSymbolicLink()) throw bad(tensor, `lies in ${shownName(location)}, which is a symbolic link`)
    if (i === parts.length - 1 ? !entry.isFile() : !entry.isDirectory()) {
      throw bad(tensor, `lies in ${shownName(location)}, which is no file`)
    }
  }
  return path
}

function bad(tensor: string, what: string): SnipError {
  return new SnipError('bad-model', `The tensor ${shownName(tensor)} ${what}`, {
    remedy: 'Put all files of the model into one folder, copied and not linked.',
  })
}

/** Reads from the files of a model while `use` runs. */
export function withModelBytes<T>({ name, paths }: ForeignFiles, use: (bytes: ModelBytes) => T): T {
  return withFile(paths.get(name)!, name, (file) =>
    use({
      location: name,
      read: (offset, length) => file.read(offset, length),
      readExternal: (location, offset, length) =>
        withFile(paths.get(location)!, location, (external) => external.read(offset, length ?? external.size - offset)),
    }),
  )
}

/** All bytes of a tensor, whichever file they are in. Throws `unsupported-model` for numbers that are scattered over fields. */
export function readTensorBytes(bytes: ModelBytes, tensor: ModelTensor): Uint8Array {
  const { place } = tensor
  if (place.kind === 'external') return bytes.readExternal(place.location, place.offset, place.byteLength)
  if (place.kind === 'raw') return bytes.read(place.offset, place.byteLength)
  if (place.kind === 'typed' && place.packed && (place.field === 4 || place.field === 10)) {
    return bytes.read(place.packed.from, place.packed.to - place.packed.from)
  }
  if (place.kind === 'typed' && tensor.values && (tensor.type === 2 || tensor.type === 3)) {
    return Uint8Array.from(tensor.values, (value) => value & 255)
  }
  throw new SnipError(
    'unsupported-model',
    `The numbers of the tensor ${shownName(tensor.name)} are not stored as raw data`,
    {
      remedy: 'Save the model again with a current version of ONNX.',
    },
  )
}
