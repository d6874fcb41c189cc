import { SnipError } from '../../contract/failure.ts'

/**
 * The text of a JSON object with some keys of its top level set; all other bytes stay as they are, so that numbers keep
 * their spelling (`1e-05`, `10000.0`). New keys are added at the end. Throws `bad-model` when the text is no JSON object.
 */
export function setJsonKeys(text: string, changes: Readonly<Record<string, unknown>>): string {
  const body = text.replace(/^\uFEFF/, '')
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    parsed = null
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SnipError('bad-model', 'The configuration is no JSON object', {
      remedy: 'Use the config.json that was published with these weights.',
    })
  }
  let edited = body
  for (const [key, value] of Object.entries(changes)) edited = setKey(edited, key, JSON.stringify(value))
  return edited
}

function setKey(text: string, key: string, value: string): string {
  const { members, end } = membersOf(text)
  // The last of equal keys is the one that readers see.
  const known = members.findLast((member) => member.key === key)
  if (known) return text.slice(0, known.valueStart) + value + text.slice(known.valueEnd)
  const last = members.at(-1)
  const member = `${JSON.stringify(key)}: ${value}`
  if (!last) return `${text.slice(0, end)}${member}${text.slice(end)}`
  const before = text.slice(0, last.keyStart)
  const indent = /\n[ \t]*$/.exec(before)?.[0] ?? ' '
  return `${text.slice(0, last.valueEnd)},${indent}${member}${text.slice(last.valueEnd)}`
}

interface Member {
  readonly key: string
  readonly keyStart: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** Where the members of a valid JSON object stand in its text, and where its closing brace is. */
function membersOf(text: string): { members: Member[]; end: number } {
  const members: Member[] = []
  let at = skipSpace(text, text.indexOf('{') + 1)
  while (text[at] !== '}') {
    const keyStart = at
    const keyEnd = endOfString(text, at)
    const valueStart = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const valueEnd = endOfValue(text, valueStart)
    members.push({ key: JSON.parse(text.slice(keyStart, keyEnd)) as string, keyStart, valueStart, valueEnd })
    at = skipSpace(text, valueEnd)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return { members, end: at }
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}

function endOfString(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function endOfValue(text: string, from: number): number {
  let depth = 0
  let at = from
  for (;;) {
    const character = text[at]!
    if (character === '"') {
      at = endOfString(text, at)
      if (depth === 0) return at
      continue
    }
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      if (depth === 0) return trimEnd(text, from, at)
      depth--
      if (depth === 0) return at + 1
    } else if (character === ',' && depth === 0) return trimEnd(text, from, at)
    at++
  }
}

function trimEnd(text: string, from: number, to: number): number {
  let end = to
  while (end > from && /\s/.test(text[end - 1]!)) end--
  return end
}
