/** Bins of an activation histogram: 32 below zero, 32 above, two to each octave of |activation| from 2^-8 to 2^8. */
export const histogramBins = 64

const firstHalfOctave = 2 * (127 - 8)

/**
 * Bin of an activation from its f32 bits. Magnitudes are split at 2^e and 1.5 x 2^e; smaller ones fall into the innermost bin
 * of their sign, larger ones into the outermost. Zero counts as positive.
 */
export function histogramBin(bits: number): number {
  const halfOctave = Math.min(31, Math.max(0, ((bits >>> 22) & 0x1ff) - firstHalfOctave))
  return bits >>> 31 === 1 ? 31 - halfOctave : 32 + halfOctave
}

/** The bin of every pattern of the upper ten bits of an f32 (sign, exponent, first bit of the mantissa), which decide it. */
export function histogramBinTable(): Uint8Array {
  return Uint8Array.from({ length: 1024 }, (_, upperBits) => histogramBin((upperBits << 22) >>> 0))
}

/** Edges between the bins, ascending, `histogramBins + 1` of them; the outermost are infinite. */
export function histogramEdges(): number[] {
  const magnitudes: number[] = []
  for (let halfOctave = 1; halfOctave < 32; halfOctave++) {
    magnitudes.push(2 ** (Math.floor(halfOctave / 2) - 8) * (halfOctave % 2 === 0 ? 1 : 1.5))
  }
  return [-Infinity, ...magnitudes.toReversed().map((edge) => -edge), 0, ...magnitudes, Infinity]
}
