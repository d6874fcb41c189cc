import { createContext, use, useEffect, useRef, useSyncExternalStore } from 'react'

/** Something a person can do from anywhere: by the palette, a shortcut, the desktop menu. */
export interface Command {
  /** Fixed name, for instance `view.model`; the desktop menu calls commands by it. */
  readonly id: string
  /** What it does, sentence case: "Import data". */
  readonly title: string
  /** Keys, for instance `mod+k`, `mod+shift+z`, `?`; `mod` is Ctrl, or Cmd on a Mac. Several are parted by a blank. */
  readonly shortcut?: string | undefined
  /** Heading in the palette; "General" when left out. */
  readonly group?: string | undefined
  /** When false it is not offered and its shortcut does nothing. */
  readonly enabled?: boolean | undefined
  /** True for what other commands call in a view: it is offered nowhere itself. */
  readonly hidden?: boolean | undefined
  readonly run: () => unknown
}

/** All commands that can be carried out now. Of several with one id the one that came last counts, until it goes. */
export class CommandRegistry {
  readonly #entries: { readonly owner: object; command: Command }[] = []
  readonly #listeners = new Set<() => void>()
  #snapshot: readonly Command[] = []

  /** Offers a command, or another one in place of what the same owner offered before. */
  put(owner: object, command: Command): void {
    const entry = this.#entries.find((one) => one.owner === owner)
    if (entry) entry.command = command
    else this.#entries.push({ owner, command })
    this.#changed()
  }

  /** Takes back what an owner offered. */
  drop(owner: object): void {
    const at = this.#entries.findIndex((one) => one.owner === owner)
    if (at < 0) return
    this.#entries.splice(at, 1)
    this.#changed()
  }

  get(id: string): Command | null {
    return this.#snapshot.find((command) => command.id === id) ?? null
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
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    const byId = new Map<string, Command>()
    for (const { command } of this.#entries) byId.set(command.id, command)
    this.#snapshot = [...byId.values()]
    for (const listener of this.#listeners) listener()
  }
}

export const CommandsContext = createContext<CommandRegistry>(new CommandRegistry())

/** Offers a command for as long as the component is there. */
export function useCommand({ id, title, shortcut, group, enabled, hidden, run }: Command): void {
  const registry = use(CommandsContext)
  // Doubles as the identity of this offer, which keeps its place when its words change.
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => {
    registry.put(latest, {
      id,
      title,
      ...(shortcut === undefined ? {} : { shortcut }),
      ...(group === undefined ? {} : { group }),
      ...(enabled === undefined ? {} : { enabled }),
      ...(hidden === undefined ? {} : { hidden }),
      run: () => latest.current(),
    })
  }, [registry, id, title, shortcut, group, enabled, hidden])
  useEffect(() => () => registry.drop(latest), [registry])
}

/** The commands of the moment, and a way to carry one out by its id. */
export function useCommands(): { list: readonly Command[]; run: (id: string) => boolean } {
  const registry = use(CommandsContext)
  const list = useSyncExternalStore(registry.subscribe, registry.list)
  return { list, run: (id) => registry.run(id) }
}
