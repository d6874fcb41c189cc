import { expect, test } from 'vitest'
import { writeDecoder } from '../../support/onnx-builder/decoder-file.ts'
import { relativeDifference, runDecoder } from '../../support/onnx-builder/run-decoder.ts'
import { namedStyles } from '../../support/onnx-builder/styles.ts'

const references = new Map<string, Promise<Float32Array>>()

test.each(namedStyles())('$name computes what the plain file computes', async ({ style, like, within }) => {
  const key = JSON.stringify(like)
  const reference = references.get(key) ?? runDecoder(writeDecoder(like))
  references.set(key, reference)
  const difference = relativeDifference(await runDecoder(writeDecoder(style)), await reference)
  expect(difference).toBeLessThan(within)
})
