const longestName = 180
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * A name that a file may have on every system, from whatever a caller calls it: the last part of a path, without control
 * characters, without leading dots, at most 180 bytes with its ending kept.
 */
export function safeFileName(given: string): string {
  const last = given.normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  const clean = last
    // Also marks that turn the direction of text, which make one ending look like another.
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[\s.]+|[\s.]+$/g, '')
  if (clean === '') return 'upload'
  return shortened(reserved.test(clean) ? `_${clean}` : clean)
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name
  const ending = /\.[\w-]{1,16}$/.exec(name)?.[0] ?? ''
  let stem = ''
  let bytes = Buffer.byteLength(ending)
  for (const character of name.slice(0, name.length - ending.length)) {
    bytes += Buffer.byteLength(character)
    if (bytes > longestName) break
    stem += character
  }
  return stem.trimEnd() + ending
}
