import type { Command } from './commands.ts'

/** Commands that can be carried out and hold every word of the text: those whose title starts with it come first. */
export function matchingCommands(commands: readonly Command[], text: string): Command[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const rated: { command: Command; rank: number }[] = []
  for (const command of commands) {
    if (command.enabled === false || command.hidden === true || command.id === 'palette') continue
    const title = command.title.toLowerCase()
    const all = `${title} ${(command.group ?? '').toLowerCase()}`
    if (!words.every((word) => all.includes(word))) continue
    const first = words[0] ?? ''
    const rank = title.startsWith(first) ? 0 : title.includes(` ${first}`) ? 1 : 2
    rated.push({ command, rank })
  }
  return rated.sort((a, b) => a.rank - b.rank).map(({ command }) => command)
}
