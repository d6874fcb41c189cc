/** A shortcut such as `mod+shift+z`, taken apart. */
interface Keys {
  readonly mod: boolean
  readonly shift: boolean
  readonly alt: boolean
  readonly key: string
}

function parse(shortcut: string): Keys {
  const parts = shortcut.toLowerCase().split('+')
  // `mod++` is mod and the plus key.
  const key = shortcut.endsWith('++') || shortcut === '+' ? '+' : (parts.at(-1) ?? '')
  return { mod: parts.includes('mod'), shift: parts.includes('shift'), alt: parts.includes('alt'), key }
}

/** What a key press says; a `KeyboardEvent` fits. */
export interface KeyPress {
  readonly key: string
  readonly code?: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/** Whether a key press is this shortcut. Signs that need Shift on some keyboards (`?`, `+`) match with or without it. */
export function matchesShortcut(event: KeyPress, shortcut: string, mac: boolean): boolean {
  return shortcut.split(' ').some((one) => matchesOne(event, parse(one), mac))
}

function matchesOne(event: KeyPress, keys: Keys, mac: boolean): boolean {
  const mod = mac ? event.metaKey : event.ctrlKey
  const other = mac ? event.ctrlKey : event.metaKey
  if (mod !== keys.mod || other || event.altKey !== keys.alt) return false
  // With Alt, a Mac writes another sign for a digit: the place of the key counts.
  const digit = keys.alt && event.code === `Digit${keys.key}`
  if (!digit && event.key.toLowerCase() !== keys.key) return false
  const letter = /^[a-z0-9]$/.test(keys.key) || keys.key.length > 1
  return !letter || event.shiftKey === keys.shift
}

/** Names of the keys as they stand on the keyboard: `['Ctrl', 'Shift', 'Z']`. The first of several shortcuts. */
export function keyNames(shortcut: string, mac: boolean): string[] {
  const keys = parse(shortcut.split(' ')[0] ?? '')
  const names: string[] = []
  if (keys.mod) names.push(mac ? '⌘' : 'Ctrl')
  if (keys.alt) names.push(mac ? '⌥' : 'Alt')
  if (keys.shift) names.push(mac ? '⇧' : 'Shift')
  const special: Record<string, string> = {
    arrowup: '↑',
    arrowdown: '↓',
    arrowleft: '←',
    arrowright: '→',
    escape: 'Esc',
    pageup: 'Page up',
    pagedown: 'Page down',
  }
  names.push(special[keys.key] ?? (keys.key.length === 1 ? keys.key.toUpperCase() : titled(keys.key)))
  return names
}

function titled(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
