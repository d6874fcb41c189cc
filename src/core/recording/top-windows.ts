import { halfBits } from '../numbers/half.ts'
import { noWindow, topWindowCount } from './recording-format.ts'

/** Few enough that the rows they are copied to stay in the nearest cache. */
const copiedTogether = 128

/**
 * For each neuron the windows in which it reached most, with its activations there: sorted by the largest activation, ties to
 * the earlier window. Windows must be offered in order. Arrays are [neurons, 20] and [neurons, 20, window] (f16 bits).
 */
export class TopWindows {
  readonly windows: Uint32Array
  readonly maxima: Float32Array
  readonly #activations: Uint16Array
  /** [neurons, 20] where the activations of each place lie: inserting moves numbers instead of activations. */
  readonly #rows: Uint8Array
  #inOrder = true
  /** Neurons (as columns of their layer) whose activations are to be copied, and where to. */
  readonly #columns = new Int32Array(copiedTogether)
  readonly #places = new Int32Array(copiedTogether)
  readonly #window: number

  constructor(neurons: number, window: number) {
    this.#window = window
    this.windows = new Uint32Array(neurons * topWindowCount).fill(noWindow)
    this.maxima = new Float32Array(neurons * topWindowCount).fill(-Infinity)
    this.#activations = new Uint16Array(neurons * topWindowCount * window)
    this.#rows = Uint8Array.from({ length: neurons * topWindowCount }, (_, i) => i % topWindowCount)
  }

  /** The activations in the order of `windows`; brings them into that order first. */
  get activations(): Uint16Array {
    if (!this.#inOrder) this.#bringIntoOrder()
    return this.#activations
  }

  /**
   * Offers one window of one layer. `maxima[maximaStart + j]` is the largest activation of neuron `firstNeuron + j`;
   * `bits` holds the layer's activations [tokens, width] as f32 bits, the window's first token at row `firstToken`.
   */
  offer(
    window: number,
    length: number,
    firstNeuron: number,
    width: number,
    maxima: Float32Array,
    maximaStart: number,
    bits: Uint32Array,
    firstToken: number,
  ): void {
    const last = topWindowCount - 1
    const columns = this.#columns
    const places = this.#places
    let waiting = 0
    for (let j = 0; j < width; j++) {
      const value = maxima[maximaStart + j]!
      const base = (firstNeuron + j) * topWindowCount
      if (value > this.maxima[base + last]! || (this.windows[base + last] === noWindow && value === value)) {
        columns[waiting] = j
        places[waiting] = (base + this.#insert(base, window, value)) * this.#window
        if (++waiting < copiedTogether) continue
        this.#copyActivations(waiting, length, width, bits, firstToken)
        waiting = 0
      }
    }
    this.#copyActivations(waiting, length, width, bits, firstToken)
  }

  /** Puts a window into its place, the last one falls off; returns the row of activations that this frees. */
  #insert(base: number, window: number, value: number): number {
    const { windows, maxima } = this
    const rows = this.#rows
    let place = base + topWindowCount - 1
    const freed = rows[place]!
    while (place > base && (windows[place - 1] === noWindow || maxima[place - 1]! < value)) {
      windows[place] = windows[place - 1]!
      maxima[place] = maxima[place - 1]!
      rows[place] = rows[place - 1]!
      place--
    }
    windows[place] = window
    maxima[place] = value
    rows[place] = freed
    this.#inOrder = false
    return freed
  }

  /** Copies the activations of waiting neurons token by token: neurons lie side by side, tokens far apart. */
  #copyActivations(waiting: number, length: number, width: number, bits: Uint32Array, firstToken: number): void {
    const columns = this.#columns
    const places = this.#places
    const activations = this.#activations
    for (let token = 0; token < length; token++) {
      const row = (firstToken + token) * width
      for (let i = 0; i < waiting; i++) activations[places[i]! + token] = halfBits(bits[row + columns[i]!]!)
    }
    if (length === this.#window) return
    for (let i = 0; i < waiting; i++) activations.fill(0, places[i]! + length, places[i]! + this.#window)
  }

  #bringIntoOrder(): void {
    const size = this.#window
    const neuronSize = topWindowCount * size
    const ordered = new Uint16Array(neuronSize)
    const rows = this.#rows
    for (let base = 0; base < rows.length; base += topWindowCount) {
      const from = base * size
      for (let place = 0; place < topWindowCount; place++) {
        const row = from + rows[base + place]! * size
        ordered.set(this.#activations.subarray(row, row + size), place * size)
        rows[base + place] = place
      }
      this.#activations.set(ordered, from)
    }
    this.#inOrder = true
  }
}
