import { createContext, use, useEffect, useRef, useSyncExternalStore } from 'react'

/** Something a person can do from anywhere: by the palette, a shortcut, the desktop menu. */
export interface Command {
  /** Fixed name, for instance `view.model`; the desktop menu calls commands by it. */
  readonly id: string
  /** What it does, sentence case: "Import data". */
  readonly title: string
  /** Keys, for instance `mod+k`, `mod+shift+z`, `?`; `mod` is Ctrl, or Cmd on a Mac. Several are parted by a blank. */
  readonly shortcut?: string
  /** Heading in the palette; "General" when left out. */
  readonly group?: string
  /** When false it is not offered and its shortcut does nothing. */
  readonly enabled?: boolean
  readonly run: () => unknown
}

/** All commands that can be carried out now. Later ones of the same id hide earlier ones until they go. */
export class CommandRegistry {
  readonly #stacks = new Map<string, { current: Command }[]>()
  readonly #listeners = new Set<() => void>()
  #snapshot: readonly Command[] = []

  /** Adds a command and returns what takes it away again. */
  add(entry: { current: Command }): () => void {
    const { id } = entry.current
    const stack = this.#stacks.get(id) ?? []
    this.#stacks.set(id, [...stack, entry])
    this.changed()
    return () => {
      const rest = (this.#stacks.get(id) ?? []).filter((other) => other !== entry)
      if (rest.length > 0) this.#stacks.set(id, rest)
      else this.#stacks.delete(id)
      this.changed()
    }
  }

  get(id: string): Command | null {
    return this.#stacks.get(id)?.at(-1)?.current ?? null
  }

  /** Carries a command out; false when there is none or it is switched off. */
  run(id: string): boolean {
    const command = this.get(id)
    if (!command || command.enabled === false) return false
    void command.run()
    return true
  }

  list = (): readonly Command[] => this.#snapshot

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(): void {
    this.#snapshot = [...this.#stacks.values()].flatMap((stack) => stack.at(-1)?.current ?? [])
    for (const listener of this.#listeners) listener()
  }
}

export const CommandsContext = createContext<CommandRegistry>(new CommandRegistry())

/** Offers a command for as long as the component is there. */
export function useCommand(command: Command): void {
  const registry = use(CommandsContext)
  const entry = useRef(command)
  const { id, title, shortcut, group, enabled } = command
  useEffect(() => {
    entry.current = command
  })
  useEffect(() => {
    entry.current = { ...entry.current }
    return registry.add(entry)
  }, [registry, id])
  useEffect(() => {
    registry.changed()
  }, [registry, title, shortcut, group, enabled])
}

/** The commands of the moment, and a way to carry one out by its id. */
export function useCommands(): { list: readonly Command[]; run: (id: string) => boolean } {
  const registry = use(CommandsContext)
  const list = useSyncExternalStore(registry.subscribe, registry.list)
  return { list, run: (id) => registry.run(id) }
}
