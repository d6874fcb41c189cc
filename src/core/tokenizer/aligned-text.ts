/**
 * A text on its way through the tokenizer, with the range of the original text each of its UTF-16 units stands for.
 * `starts` and `ends` are null when no spans are asked for.
 */
export interface AlignedText {
  readonly text: string
  /** True when the text begins where the original text begins. */
  readonly atStart: boolean
  readonly starts: Int32Array | null
  readonly ends: Int32Array | null
}

/** The part of the original text that begins at `offset`, each unit standing for itself. */
export function alignedFrom(text: string, offset: number, withSpans: boolean): AlignedText {
  if (!withSpans) return { text, atStart: offset === 0, starts: null, ends: null }
  const starts = new Int32Array(text.length)
  const ends = new Int32Array(text.length)
  for (let i = 0; i < text.length; i++) {
    starts[i] = offset + i
    ends[i] = offset + i + 1
  }
  // Both halves of a surrogate pair stand for the whole character.
  for (let i = 0; i + 1 < text.length; i++) {
    if (!isHighSurrogate(text.charCodeAt(i))) continue
    ends[i] = offset + i + 2
    starts[i + 1] = offset + i
  }
  return { text, atStart: offset === 0, starts, ends }
}

/** Only of use on well-formed text: there a high surrogate is followed by a low one. */
export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

export function sliceAligned(source: AlignedText, start: number, end: number): AlignedText {
  if (start === 0 && end === source.text.length) return source
  return {
    text: source.text.slice(start, end),
    atStart: source.atStart && start === 0,
    starts: source.starts?.subarray(start, end) ?? null,
    ends: source.ends?.subarray(start, end) ?? null,
  }
}

/** Puts `prefix` in front; it stands for the empty range where the text begins. */
export function prependAligned(source: AlignedText, prefix: string): AlignedText {
  const text = prefix + source.text
  if (source.starts === null || source.ends === null) return { ...source, text }
  const at = source.starts[0] ?? 0
  const starts = new Int32Array(text.length).fill(at)
  const ends = new Int32Array(text.length).fill(at)
  starts.set(source.starts, prefix.length)
  ends.set(source.ends, prefix.length)
  return { text, atStart: source.atStart, starts, ends }
}

/** Rewrites every match of a global pattern. Beyond a common beginning, what it becomes stands for all that is replaced. */
export function replaceAligned(source: AlignedText, pattern: RegExp, rewrite: (match: string) => string): AlignedText {
  if (source.starts === null || source.ends === null) {
    return { ...source, text: source.text.replace(pattern, (match) => rewrite(match)) }
  }
  const parts: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  let cursor = 0
  const keep = (end: number): void => {
    parts.push(source.text.slice(cursor, end))
    for (; cursor < end; cursor++) {
      starts.push(source.starts?.[cursor] ?? 0)
      ends.push(source.ends?.[cursor] ?? 0)
    }
  }
  for (const match of source.text.matchAll(pattern)) {
    const old = match[0]
    if (old === '') continue
    keep(match.index)
    const written = rewrite(old)
    if (written === old) {
      keep(match.index + old.length)
      continue
    }
    const last = match.index + old.length - 1
    let same = 0
    while (same < old.length - 1 && written[same] === old[same]) same += 1
    keep(match.index + same)
    parts.push(written.slice(same))
    for (let i = same; i < written.length; i++) {
      starts.push(source.starts[cursor] ?? 0)
      ends.push(source.ends[last] ?? 0)
    }
    cursor = last + 1
  }
  keep(source.text.length)
  return {
    text: parts.join(''),
    atStart: source.atStart,
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
  }
}

/** The original range of the units [start, end). */
export function spanOf(source: AlignedText, start: number, end: number): [number, number] {
  let low = Number.POSITIVE_INFINITY
  let high = 0
  for (let i = start; i < end; i++) {
    low = Math.min(low, source.starts?.[i] ?? 0)
    high = Math.max(high, source.ends?.[i] ?? 0)
  }
  return low <= high ? [low, high] : [0, 0]
}
