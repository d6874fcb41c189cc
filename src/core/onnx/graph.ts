import { invariant } from '../../contract/failure.ts'

/** ONNX element types by their number in TensorProto.DataType. */
export const elementType = { float: 1, int64: 7, bool: 9, float16: 10, bfloat16: 16 } as const
export type ElementType = (typeof elementType)[keyof typeof elementType]

/** Operators that every build of ONNX Runtime has, and other runtimes have not: only for graphs that are never written. */
export const contribDomain = 'com.microsoft'

export type AttributeValue =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }

export interface GraphNode {
  readonly op: string
  /** Only where a session has to name the node; graphs that are written have none. */
  readonly name?: string
  /** Absent for the standard operators. */
  readonly domain?: typeof contribDomain
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

/** A graph input or output; a text dimension is symbolic. */
export interface ValueInfo {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly (number | string)[]
}

/** A small constant that lives in the graph itself. */
export interface GraphConstant {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly bytes: Uint8Array
}

/** An ONNX graph whose weights are named, not held. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly constants: readonly GraphConstant[]
  /** Tensor names of the weights in use, in the order of first use. */
  readonly weights: readonly string[]
}

type Attributes = Readonly<Record<string, number | readonly number[] | { float: number }>>

/** Collects nodes, constants and weight names of one graph. Values are named by scope, operator and count: always the same. */
export class GraphBuilder {
  readonly #nodes: GraphNode[] = []
  readonly #inputs: ValueInfo[] = []
  readonly #outputs: ValueInfo[] = []
  readonly #constants = new Map<string, GraphConstant>()
  readonly #weights = new Set<string>()
  readonly #counts = new Map<string, number>()
  #scope = ''

  /** Names given to nodes inside `build` begin with `scope`. */
  within<T>(scope: string, build: () => T): T {
    const outer = this.#scope
    this.#scope = outer === '' ? scope : `${outer}/${scope}`
    try {
      return build()
    } finally {
      this.#scope = outer
    }
  }

  input(name: string, type: ElementType, dims: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, dims })
    return name
  }

  /** Declares a value as an output of the graph. */
  output(name: string, type: ElementType, dims: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, dims })
  }

  /** A weight of the checkpoint, by tensor name. */
  weight(name: string): string {
    this.#weights.add(name)
    return name
  }

  /** Adds a node with one output and returns the output's name; `as` fixes that name. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, as?: string): string {
    const [output] = this.nodes(op, inputs, 1, attributes, as === undefined ? undefined : [as])
    return output!
  }

  /** Adds a node of ONNX Runtime's own operators. */
  contribNode(op: string, inputs: readonly string[]): string {
    const output = this.#fresh(op)
    this.#nodes.push({ op, domain: contribDomain, inputs: [...inputs], outputs: [output], attributes: {} })
    return output
  }

  /** Gives the newest value a name of its own; it must not have been read yet. */
  rename(value: string, as: string): string {
    const node = this.#nodes.pop()
    invariant(node?.outputs.length === 1 && node.outputs[0] === value, `${value} is the newest value`)
    this.#nodes.push({ ...node, outputs: [as] })
    return as
  }

  /** Adds a node with several outputs. */
  nodes(op: string, inputs: readonly string[], count: number, attributes: Attributes = {}, as?: string[]): string[] {
    const name = this.#fresh(op)
    const outputs = as ?? Array.from({ length: count }, (_, i) => (count === 1 ? name : `${name}:${i}`))
    const typed: Record<string, AttributeValue> = {}
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === 'number') typed[key] = { kind: 'int', value }
      else if ('float' in value) typed[key] = { kind: 'float', value: value.float }
      else typed[key] = { kind: 'ints', value }
    }
    this.#nodes.push({ op, inputs: [...inputs], outputs, attributes: typed })
    return outputs
  }

  /** A list of integers; long lists need a label of their own. */
  ints(values: readonly number[], label = `ints[${values.join(',')}]`): string {
    const bytes = new Uint8Array(values.length * 8)
    const view = new DataView(bytes.buffer)
    values.forEach((value, i) => view.setBigInt64(i * 8, BigInt(value), true))
    return this.#constant(label, { type: elementType.int64, dims: [values.length], bytes })
  }

  int(value: number): string {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true)
    return this.#constant(`int(${value})`, { type: elementType.int64, dims: [], bytes })
  }

  float(value: number): string {
    return this.#constant(`float(${value})`, {
      type: elementType.float,
      dims: [],
      bytes: new Uint8Array(Float32Array.of(value).buffer),
    })
  }

  floats(label: string, values: ArrayLike<number>, dims: readonly number[]): string {
    return this.#constant(label, {
      type: elementType.float,
      dims,
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    })
  }

  build(): Graph {
    return {
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs: this.#outputs,
      constants: [...this.#constants.values()],
      weights: [...this.#weights],
    }
  }

  #constant(name: string, constant: Omit<GraphConstant, 'name'>): string {
    if (!this.#constants.has(name)) this.#constants.set(name, { name, ...constant })
    return name
  }

  #fresh(op: string): string {
    const stem = this.#scope === '' ? op : `${this.#scope}/${op}`
    const count = this.#counts.get(stem) ?? 0
    this.#counts.set(stem, count + 1)
    return count === 0 ? stem : `${stem}_${count}`
  }
}
