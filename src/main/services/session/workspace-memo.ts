/** What services remember of a workspace as long as it is open, each under a name of its own. */
export class WorkspaceMemo {
  readonly #values = new Map<string, unknown>()

  /** What is remembered under a name; made at the first call. The type is that of whoever owns the name. */
  of<Value>(name: string, make: () => Value): Value {
    if (!this.#values.has(name)) this.#values.set(name, make())
    return this.#values.get(name) as Value
  }
}
