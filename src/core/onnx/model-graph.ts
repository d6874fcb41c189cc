/** Bytes `from .. to` (exclusive) of the model file. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

/**
 * A length-delimited piece of the file. `range` covers the whole field with its tag and length, `content` what is inside;
 * a writer that changes a piece copies the rest as it is and rewrites the lengths of the pieces that enclose it.
 */
export interface Piece {
  readonly range: ByteRange
  readonly content: ByteRange
}

/** Where the numbers of a tensor are. */
export type TensorPlace =
  | { readonly kind: 'raw'; readonly offset: number; readonly byteLength: number }
  | {
      readonly kind: 'external'
      readonly location: string
      readonly offset: number
      /** Null: to the end of the file. */
      readonly byteLength: number | null
    }
  /**
   * In a typed field of the TensorProto (4 float, 5 int32, 6 string, 7 int64, 10 double, 11 uint64). `packed` is the one run
   * of bytes that holds them: little-endian for floats and doubles, varints for the others; null when they are scattered.
   */
  | { readonly kind: 'typed'; readonly field: number; readonly packed: ByteRange | null }
  /** No element at all. */
  | { readonly kind: 'empty' }

/** A tensor of the file: an initializer, or the value of a Constant node. */
export interface ModelTensor extends Piece {
  readonly name: string
  /** TensorProto.DataType: 1 float, 2 uint8, 3 int8, 6 int32, 7 int64, 9 bool, 10 float16, 16 bfloat16, 21 uint4, 22 int4 ... */
  readonly type: number
  readonly dims: readonly number[]
  readonly place: TensorPlace
  /** Its numbers when they are 64 at most and of a plain type; else null. Integers beyond 2^53 are rounded. */
  readonly values: readonly number[] | null
}

export type ModelAttribute = Piece & { readonly name: string } & (
    | { readonly kind: 'float'; readonly value: number }
    | { readonly kind: 'int'; readonly value: number }
    /** Null when it is longer than 64 KiB or not UTF-8. */
    | { readonly kind: 'string'; readonly value: string | null }
    | { readonly kind: 'tensor'; readonly value: ModelTensor }
    /** Position in `ModelGraph.graphs`. */
    | { readonly kind: 'graph'; readonly value: number }
    | { readonly kind: 'floats'; readonly value: readonly number[] }
    | { readonly kind: 'ints'; readonly value: readonly number[] }
    | { readonly kind: 'strings'; readonly value: readonly (string | null)[] }
    | { readonly kind: 'other' }
  )

export interface ModelNode extends Piece {
  /** Position in its graph's `nodes`. */
  readonly index: number
  readonly name: string
  readonly op: string
  /** Empty for the standard operators; `ai.onnx` is read as empty. */
  readonly domain: string
  /** An empty text is an input that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, ModelAttribute>
}

/** A declared value. `type` is 0 and `dims` null where the file does not say; a dimension is a number, a symbol or null. */
export interface ModelValue extends Piece {
  readonly name: string
  readonly type: number
  readonly dims: readonly (number | string | null)[] | null
}

/** The main graph or the body of an If, Loop or Scan. */
export interface GraphBody extends Piece {
  /** Position in `ModelGraph.graphs`. */
  readonly id: number
  readonly name: string
  /** The node whose attribute this graph is; null for the main graph. */
  readonly parent: { readonly graph: number; readonly node: number; readonly attribute: string } | null
  readonly nodes: readonly ModelNode[]
  /** By name, in the order of the file. */
  readonly initializers: ReadonlyMap<string, ModelTensor>
  /** Inputs that must be fed: those that an initializer gives are not among them. */
  readonly inputs: readonly ModelValue[]
  readonly outputs: readonly ModelValue[]
  readonly valueInfo: ReadonlyMap<string, ModelValue>
  /** Positions of `nodes` so that each comes after the producers of its inputs; ties in the order of the file. */
  readonly order: readonly number[]
}

/** A function that the file defines itself. */
export interface ModelFunction extends Piece {
  readonly name: string
  readonly domain: string
}

/** The structure of an ONNX model without its weights. */
export interface ModelGraph {
  /** How messages name the file. */
  readonly file: string
  readonly size: number
  readonly irVersion: number
  readonly producer: string
  readonly producerVersion: string
  /** Version by domain; the standard operators are the empty domain. */
  readonly opsets: ReadonlyMap<string, number>
  readonly metadata: ReadonlyMap<string, string>
  /** The main graph first, then all bodies; a body comes after the graph that holds it. */
  readonly graphs: readonly GraphBody[]
  readonly functions: readonly ModelFunction[]
  /** Every field of the ModelProto in the order of the file, by field number. */
  readonly fields: readonly (Piece & { readonly number: number })[]
}

/** A node by the graph that holds it and its position there. */
export interface NodeAddress {
  readonly graph: number
  readonly node: number
}
