import { createHash } from 'node:crypto'
import * as ort from 'onnxruntime-node'
import { elementType, GraphBuilder } from '../../../core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, serialiseModel } from '../../../core/onnx/serialise.ts'
import { bytesOf } from '../../files/write-aside.ts'
import { createSession, runSession } from '../sessions/session.ts'
import { allocateVectors } from './similarity-matrix.ts'
import type { Maxima } from './similarity-maxima.ts'

/** Products of all rows of a matrix with some unit columns, f32 [rows, width]. A slot without a hash holds nothing. */
export interface ProductPanel {
  readonly width: number
  readonly hashes: (string | null)[]
  readonly values: Float32Array
  /** Of the last question; null while it is asked. */
  maxima: Maxima | null
}

/** A column by what tells it from others, and scaled to length 1 (or all zeros). */
export interface UnitColumn {
  readonly hash: string
  readonly vector: Float32Array
}

/** Where the products of a question's columns are and where they come from. */
export interface ProductPlan {
  readonly panel: ProductPanel
  /** The panel's slot of each column. */
  readonly slots: readonly number[]
  /** Columns to compute now. */
  readonly fresh: readonly number[]
  /** Slots whose products are taken over from a panel that has no room. */
  readonly moved: { readonly from: ProductPanel; readonly slots: readonly (readonly [number, number])[] } | null
}

/** Products are computed for this many columns at a time: the kernels of ONNX Runtime work on blocks of them. */
const columnsTogether = 16
/** Slots that are left for concepts to come. */
const spareSlots = 8

export function unitColumns(all: Float32Array, dims: number): UnitColumn[] {
  return Array.from({ length: all.length / dims }, (_, at) => {
    const own = all.subarray(at * dims, (at + 1) * dims)
    let sum = 0
    for (let k = 0; k < dims; k++) sum += own[k]! * own[k]!
    const norm = Math.sqrt(sum)
    const vector = new Float32Array(dims)
    if (norm > 0) for (let k = 0; k < dims; k++) vector[k] = own[k]! / norm
    return { vector, hash: createHash('sha256').update(bytesOf(own)).digest('hex') }
  })
}

/**
 * Finds the kept panel that has most of the columns. Those that it lacks take the slots of columns that are not asked for; where these
 * do not suffice, or most are new, there is a new panel, with room for `rows` rows, or the oldest one is written anew where all would be
 * more than `mostKept` numbers.
 */
export function planProducts(
  panels: readonly ProductPanel[],
  columns: readonly UnitColumn[],
  rows: number,
  mostKept: number,
): ProductPlan {
  let from: ProductPanel | null = null
  let found: number[] = []
  for (const panel of panels) {
    const slots = slotsOf(panel, columns)
    if (countFound(slots) > countFound(found)) [from, found] = [panel, slots]
  }
  const missing = columns.flatMap((_, at) => ((found[at] ?? -1) < 0 ? [at] : []))
  if (from !== null && missing.length * 2 <= columns.length) {
    const taken = new Set(found)
    const free = [...from.hashes.keys()].filter((slot) => !taken.has(slot))
    if (missing.length <= free.length) {
      const slots = found.map((slot) => (slot < 0 ? free.shift()! : slot))
      return { panel: from, slots, fresh: missing, moved: null }
    }
    const slots = found.flatMap((slot, at) => (slot < 0 ? [] : [[slot, at] as const]))
    return { ...newPanel(columns.length, rows), fresh: missing, moved: { from, slots } }
  }
  const all = { fresh: [...columns.keys()], moved: null }
  const oldest = panels.at(-1)
  const length = rows * panelWidth(columns.length)
  const kept = panels.reduce((sum, { values }) => sum + values.length, 0)
  if (oldest?.values.length === length && kept + length > mostKept) return { panel: oldest, slots: all.fresh, ...all }
  return { ...newPanel(columns.length, rows), ...all }
}

/** Width of the panel of a question with so many columns. */
export function panelWidth(columns: number): number {
  return Math.ceil((columns + spareSlots) / columnsTogether) * columnsTogether
}

function newPanel(columns: number, rows: number) {
  const width = panelWidth(columns)
  const hashes: (string | null)[] = Array.from({ length: width }, () => null)
  const values = allocateVectors(rows * width)
  const maxima = null
  return { panel: { width, hashes, values, maxima }, slots: Array.from({ length: columns }, (_, at) => at) }
}

/** The slot of each column, or -1; columns that are the same have slots of their own. */
function slotsOf(panel: ProductPanel, columns: readonly UnitColumn[]): number[] {
  const slots = new Map<string, number[]>()
  for (const [slot, hash] of panel.hashes.entries()) {
    if (hash !== null && !slots.get(hash)?.push(slot)) slots.set(hash, [slot])
  }
  return columns.map(({ hash }) => slots.get(hash)?.shift() ?? -1)
}

function countFound(slots: readonly number[]): number {
  return slots.reduce((count, slot) => count + (slot < 0 ? 0 : 1), 0)
}

/**
 * Multiplies blocks of rows by columns that stay the same: weights of a graph, which ONNX Runtime lays out for its kernels once. It may find
 * the greatest product of each row, too: on all threads, in a fraction of the time that it takes here.
 */
export class ColumnProduct {
  readonly width: number
  readonly #session: ort.InferenceSession
  readonly #dims: number

  private constructor(session: ort.InferenceSession, width: number, dims: number) {
    this.#session = session
    this.width = width
    this.#dims = dims
  }

  /** The product is `width` or more columns wide; those beyond `columns` are the first one again. */
  static async of(columns: readonly UnitColumn[], dims: number, width: number, threads: number) {
    const whole = Math.ceil(Math.max(width, columns.length) / columnsTogether) * columnsTogether
    const model = productModel(columns, dims, whole)
    const session = await createSession(model, null, { provider: 'cpu', threads, prepacking: true, spinning: false })
    return new ColumnProduct(session, whole, dims)
  }

  /** Writes rows [count, dims] x columns into `out` [count, width], and the greatest product of each row into `greatest` [count]. */
  async multiply(rows: Float32Array, out: Float32Array, greatest: Float32Array): Promise<void> {
    const count = rows.length / this.#dims
    const feeds = { rows: new ort.Tensor('float32', rows, [count, this.#dims]) }
    await runSession(this.#session, feeds, {
      products: new ort.Tensor('float32', out, [count, this.width]),
      greatest: new ort.Tensor('float32', greatest, [count]),
    })
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}

function productModel(columns: readonly UnitColumn[], dims: number, width: number): Uint8Array {
  const stacked = new Float32Array(dims * width)
  for (let at = 0; at < width; at++) {
    const { vector } = columns[at] ?? columns[0]!
    for (let k = 0; k < dims; k++) stacked[k * width + at] = vector[k]!
  }
  const builder = new GraphBuilder()
  builder.input('rows', elementType.float, ['r', dims])
  const weights = builder.floats('columns', stacked, [dims, width])
  const products = builder.node('MatMul', ['rows', weights], {}, 'products')
  builder.output(products, elementType.float, ['r', width])
  const greatest = builder.node('ReduceMax', [products], { axes: [1], keepdims: 0 }, 'greatest')
  builder.output(greatest, elementType.float, ['r'])
  const declare = () => {
    throw new RangeError('no weights')
  }
  const options = { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} }
  return joinPieces(serialiseModel(builder.build(), declare, options))
}
