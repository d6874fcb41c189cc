/** An image as it lies in its file: PNG or JPEG, and the name or the number of its class where it has one. */
export interface SourceImage {
  readonly name: string
  readonly bytes: Uint8Array
  readonly label: string | number | null
}

/** Images that stay where they are until they are read, one after the other, always in the same order. */
export interface ImageSource {
  readonly count: number
  read(): AsyncIterable<SourceImage>
}

/** Images of more bytes than this are no photographs. */
export const mostImageBytes = 64 * 1024 * 1024
