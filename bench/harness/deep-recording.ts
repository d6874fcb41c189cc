import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { recordingFiles, sampleWindowCount, topWindowCount } from '../../src/core/recording/recording-format.ts'
import { RecordingState } from '../../src/core/recording/recording-state.ts'
import { bytesOf } from '../../src/main/files/write-aside.ts'

/**
 * Writes the checkpoint that a long recording would have at window `depth`, from a finished recording of `windows` windows: each
 * neuron's top windows are raised by what an exponential tail grows by, its mean excess over the 20th x ln(depth / windows). So a new window
 * enters a list about as often as it would there, 20 / depth.
 */
export function writeDeepCheckpoint(
  from: string,
  to: string,
  neurons: number,
  windows: number,
  window: number,
  depth: number,
  batchWindows: number,
): void {
  const state = new RecordingState(neurons, window, new Uint32Array(sampleWindowCount))
  const { top } = state
  const fill = (array: ArrayBufferView, name: string) => bytesOf(array).set(readFileSync(join(from, name)))
  fill(state.statistics, recordingFiles.statistics)
  fill(top.windows, recordingFiles.topWindows)
  fill(top.maxima, recordingFiles.topMaxima)
  fill(top.activations, recordingFiles.topActivations)
  for (let base = 0; base < top.maxima.length; base += topWindowCount) {
    const list = top.maxima.subarray(base, base + topWindowCount)
    const excess = list.reduce((sum, value) => sum + value - list[topWindowCount - 1]!, 0) / (topWindowCount - 1)
    for (let i = 0; i < list.length; i++) list[i]! += excess * Math.log(depth / windows)
  }
  const header = Buffer.alloc(16)
  header.writeBigUInt64LE(BigInt(depth))
  header.writeBigUInt64LE(BigInt(batchWindows), 8)
  const file = openSync(join(to, recordingFiles.checkpoint), 'w')
  try {
    for (const bytes of [header, ...state.arrays().map(bytesOf)]) {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done, bytes.length - done)
    }
  } finally {
    closeSync(file)
  }
}

/** Places of the top lists that windows from `depth` on hold, over what is expected of windows in random order. */
export function insertedShare(directory: string, depth: number, windows: number): number {
  const top = new Uint32Array(new Uint8Array(readFileSync(join(directory, recordingFiles.topWindows))).buffer)
  const inserted = top.reduce((count, window) => count + (window >= depth ? 1 : 0), 0)
  return inserted / ((top.length * (windows - depth)) / windows)
}
