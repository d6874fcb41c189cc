import { SnipError } from '../../../contract/failure.ts'

const longestBytes = 200
/** Names that Windows keeps for devices: a workspace may be moved there. */
const reserved = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i
const forbidden = /[/\\:*?"<>|]/
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const control = /[\u0000-\u001f\u007f]/

/** Throws `bad-argument` unless a folder may have this name on every system. */
export function checkFolderName(name: string): void {
  const flaw = flawOf(name)
  if (flaw === null) return
  throw new SnipError('bad-argument', `A workspace cannot be named ${JSON.stringify(name.slice(0, 60))}: ${flaw}`, {
    remedy: 'Choose a plain name, for instance "Forget verbs".',
  })
}

function flawOf(name: string): string | null {
  if (name.trim() === '') return 'it is empty'
  const sign = forbidden.exec(name)
  if (sign) return `it has the sign ${sign[0]}`
  if (control.test(name)) return 'it has a control character'
  if (name.startsWith('.')) return 'it begins with a dot'
  if (name.endsWith('.') || name !== name.trim()) return 'it begins or ends with a space, or ends with a dot'
  if (reserved.test(name)) return 'Windows keeps this name for itself'
  return Buffer.byteLength(name, 'utf8') > longestBytes ? 'it is too long' : null
}
