import { halfBits } from '../numbers/half.ts'
import { noWindow, topWindowCount } from './recording-format.ts'

/**
 * For each neuron the windows in which it reached most, with its activations there: sorted by the largest activation, ties to
 * the earlier window. Windows must be offered in order. Arrays are [neurons, 20] and [neurons, 20, window] (f16 bits).
 */
export class TopWindows {
  readonly windows: Uint32Array
  readonly maxima: Float32Array
  readonly activations: Uint16Array
  readonly #window: number

  constructor(neurons: number, window: number) {
    this.#window = window
    this.windows = new Uint32Array(neurons * topWindowCount).fill(noWindow)
    this.maxima = new Float32Array(neurons * topWindowCount).fill(-Infinity)
    this.activations = new Uint16Array(neurons * topWindowCount * window)
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
    for (let j = 0; j < width; j++) {
      const value = maxima[maximaStart + j]!
      const base = (firstNeuron + j) * topWindowCount
      if (value > this.maxima[base + last]! || (this.windows[base + last] === noWindow && value === value)) {
        this.#insert(base, window, value)
        this.#copyActivations(base, window, length, width, bits, firstToken * width + j)
      }
    }
  }

  #insert(base: number, window: number, value: number): void {
    let place = topWindowCount - 1
    while (place > 0 && (this.windows[base + place - 1] === noWindow || this.maxima[base + place - 1]! < value)) place--
    const end = base + topWindowCount
    this.windows.copyWithin(base + place + 1, base + place, end - 1)
    this.maxima.copyWithin(base + place + 1, base + place, end - 1)
    const size = this.#window
    this.activations.copyWithin((base + place + 1) * size, (base + place) * size, (end - 1) * size)
    this.windows[base + place] = window
    this.maxima[base + place] = value
  }

  #copyActivations(
    base: number,
    window: number,
    length: number,
    width: number,
    bits: Uint32Array,
    firstBit: number,
  ): void {
    let place = base
    while (this.windows[place] !== window) place++
    const to = place * this.#window
    for (let token = 0; token < length; token++)
      this.activations[to + token] = halfBits(bits[firstBit + token * width]!)
    this.activations.fill(0, to + length, to + this.#window)
  }
}
