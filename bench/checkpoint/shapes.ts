/** Sizes of a GPT-2 checkpoint made for measuring. */
export interface Gpt2Shape {
  readonly name: string
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly inner: number
  readonly vocabulary: number
  readonly context: number
}

/** GPT-2 small (Radford et al. 2019, table 2): 124 million parameters, 498 MB of f32. */
export const gpt2Small: Gpt2Shape = {
  name: 'gpt2-small',
  layers: 12,
  width: 768,
  heads: 12,
  inner: 3072,
  vocabulary: 50257,
  context: 1024,
}

/** The shape of the bundled demo model: 4 layers, 2.6 million parameters. */
export const demoSize: Gpt2Shape = {
  name: 'demo-size',
  layers: 4,
  width: 192,
  heads: 6,
  inner: 768,
  vocabulary: 4096,
  context: 256,
}

/** Name and shape of every tensor, in the order of published files. */
export function tensorsOf(shape: Gpt2Shape): { name: string; shape: number[] }[] {
  const { layers, width, inner, vocabulary, context } = shape
  const tensors = [
    { name: 'wte.weight', shape: [vocabulary, width] },
    { name: 'wpe.weight', shape: [context, width] },
  ]
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, dims: number[]) => tensors.push({ name: `h.${layer}.${name}`, shape: dims })
    add('ln_1.weight', [width])
    add('ln_1.bias', [width])
    add('attn.c_attn.weight', [width, 3 * width])
    add('attn.c_attn.bias', [3 * width])
    add('attn.c_proj.weight', [width, width])
    add('attn.c_proj.bias', [width])
    add('ln_2.weight', [width])
    add('ln_2.bias', [width])
    add('mlp.c_fc.weight', [width, inner])
    add('mlp.c_fc.bias', [inner])
    add('mlp.c_proj.weight', [inner, width])
    add('mlp.c_proj.bias', [width])
  }
  tensors.push({ name: 'ln_f.weight', shape: [width] }, { name: 'ln_f.bias', shape: [width] })
  return tensors
}
