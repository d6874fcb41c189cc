/** Numbers of a bulk column: little-endian, as every platform of ours keeps them. */
export async function float32Of(blob: Blob): Promise<Float32Array<ArrayBuffer>> {
  return new Float32Array(await blob.arrayBuffer())
}

/** Rows or ids of a bulk column. */
export async function uint32Of(blob: Blob): Promise<Uint32Array<ArrayBuffer>> {
  return new Uint32Array(await blob.arrayBuffer())
}

/** Codes of a bulk column. */
export async function uint8Of(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer())
}

/** The texts of a bulk column that holds a JSON array of strings. */
export async function textsOf(blob: Blob): Promise<readonly string[]> {
  return JSON.parse(await blob.text()) as readonly string[]
}
