import * as ort from 'onnxruntime-web'

ort.env.wasm.wasmPaths = '/ort/'
ort.env.wasm.numThreads = 1

const bytesOf = async (name) => new Uint8Array(await (await fetch(`/models/${name}`)).arrayBuffer())

/** Logits of one sequence by onnxruntime-web; `data` names a file of external weights beside the model, or is null. */
globalThis.logitsOfFile = async ({ file, data, ids }) => {
  const externalData = data === null ? [] : [{ path: data, data: await bytesOf(data) }]
  const session = await ort.InferenceSession.create(await bytesOf(file), { externalData })
  const input = new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length])
  const { logits } = await session.run({ input_ids: input })
  await session.release()
  return [...logits.data]
}

/** What transformers.js writes after a prompt, greedily. */
globalThis.textOfFolder = async ({ folder, prompt, tokens }) => {
  const { pipeline, env } = await import('/transformers/transformers.web.js')
  env.allowRemoteModels = false
  env.allowLocalModels = true
  env.localModelPath = '/models/'
  env.useBrowserCache = false
  env.useWasmCache = false
  Object.assign(env.backends.onnx.wasm, { wasmPaths: '/ort/', numThreads: 1 })
  const write = await pipeline('text-generation', folder)
  const [written] = await write(prompt, { max_new_tokens: tokens, do_sample: false, return_full_text: false })
  await write.dispose()
  return written.generated_text
}
