const ours =
  /^(?:input_ids|targets|valid|past_length|logits|losses|ranks|(?:mlp|attention)\.\d+\..*|(?:past|present)\.\d+\..*|(?:snip|given)\/.*|ints\[.*|int\(.*|float\(.*)$/s

/** The name of a file's value in a graph that also has our own: one that could be ours goes under `given/`. No two become one. */
export function safeName(name: string): string {
  return ours.test(name) ? `given/${name}` : name
}
